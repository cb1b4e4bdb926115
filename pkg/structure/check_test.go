package structure_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/structure"
)

// Each archive has a test file, an image, and the results.
func TestCheck(t *testing.T) {
	archives(t, "check", func(t *testing.T, a *txtar.Archive) string {
		f := parse(t, a.Files[0].Name, string(a.Files[0].Data))
		results, err := structure.Check(t.Context(), f, imageOf(t, a), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(results) != f.Tests() {
			t.Errorf("%d results of %d tests", len(results), f.Tests())
		}
		return show(results)
	})
}

func parse(tb testing.TB, name, text string) structure.File {
	tb.Helper()
	f, err := structure.Parse(name, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// show tells results in lines.
func show(results []structure.Result) string {
	var b strings.Builder
	for _, r := range results {
		word := "FAIL"
		if r.Passed {
			word = "ok"
		}
		fmt.Fprintf(&b, "%s %s: %s\n", word, r.Kind, r.Name)
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "     %s\n", p)
		}
		for _, w := range r.Warnings {
			fmt.Fprintf(&b, "     warning: %s\n", w)
		}
	}
	return b.String()
}

func TestCheckOfContentThatIsTooLarge(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\nfileContentTests: [{name: large, path: /large, excludedContents: [y]}]")
	img := withLayer(t, empty.Image, tarOf(t, `file 0644 0:0 large "`+strings.Repeat("x", 16<<20+1)+`"`))
	results, err := structure.Check(t.Context(), f, img, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(results), "FAIL fileContentTests: large\n     /large has more than 16 MiB, which are not searched\n"; got != want {
		t.Errorf("got %s", got)
	}
}

// unreadable is a layer that its registry does not give.
type unreadable struct{ v1.Layer }

var errGone = errors.New("gone")

func (unreadable) Uncompressed() (io.ReadCloser, error) { return nil, errGone }

func TestCheckOfAnUnreadableImage(t *testing.T) {
	img, err := mutate.AppendLayers(empty.Image, unreadable{static.NewLayer(nil, types.OCIUncompressedLayer)})
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\nfileExistenceTests: [{name: a, path: /a}]")
	_, err = structure.Check(t.Context(), f, img, nil)
	if !errors.Is(err, errGone) || fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "f.yaml: read layer 1 of 1") {
		t.Errorf("got %v, side %v", err, fault.SideOf(err))
	}
	// What needs no layer is checked all the same.
	f = parse(t, "f.yaml", "schemaVersion: 2.0.0\nmetadataTest: {user: me}")
	if results, err := structure.Check(t.Context(), f, img, nil); err != nil || len(results) != 1 {
		t.Errorf("got %v, %v", results, err)
	}
}

func TestCheckWithoutAnEngine(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests: [{name: a, command: a}]")
	_, err := structure.Check(t.Context(), f, empty.Image, nil)
	if fault.SideOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}
