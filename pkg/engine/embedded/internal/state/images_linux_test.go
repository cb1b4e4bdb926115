package state

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// A name is what was told last; only the slot that told it takes it back, and what
// a crash left half written is not known.
func TestRemember(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := take1(t, dir, nil), take1(t, dir, nil)
	older, newer := Image{Name: "app", Target: ocispecs.Descriptor{Digest: digest.FromString("1")}}, Image{Name: "app", Target: ocispecs.Descriptor{Digest: digest.FromString("2")}}
	if err := errors.Join(a.Remember(older), b.Remember(newer), a.Forget(older), a.Forget(newer)); err != nil {
		t.Fatal(err)
	}
	all, err := a.Images()
	if got, errOne := a.Image("app"); errors.Join(err, errOne) != nil || got.Target.Digest != newer.Target.Digest || len(all) != 1 {
		t.Errorf("app is %+v of %+v, %v, %v", got, all, err, errOne)
	}
	if err := os.WriteFile(a.imagePath("half"), []byte(`{"na`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Image("half"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a damaged file: %v", err)
	}
	if err := errors.Join(b.Forget(newer), b.Forget(newer)); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Images(); len(left) > 0 || err != nil {
		t.Errorf("left: %+v, %v", left, err)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}
