package embedded_test

import (
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func hostOfRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Where an image's lower layers came from is known in every slot: they stay as they
// are when the rest is compressed anew, and can be mounted from their repository.
func TestBaseOfAnotherSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := open(t, embedded.Options{StateDir: dir}), open(t, embedded.Options{StateDir: dir})
	base, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	ref := pushed(t, hostOfRegistry(t)+"/bases/app", platformed(t, base, "amd64"))
	if _, err := one.Pull(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	built, err := one.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, "FROM "+ref+"\nCOPY probe /\n", nil)})
	if err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, e := range []*embedded.Engine{one, two} {
		if known, err := e.KnownAs(t.Context(), built.ID); err != nil || !slices.Contains(known, ref) {
			t.Errorf("known as %q, %v; want %s", known, err, ref)
		}
		img, err := e.Export(t.Context(), built.ID, t.TempDir(), engine.ExportOptions{Compression: engine.Compression{Algorithm: "zstd", Level: 3}})
		if err != nil {
			t.Fatal(err)
		}
		digest, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())
	}
	if digests[0] != digests[1] || digests[0] == built.ID {
		t.Errorf("%s compressed anew is %q", built.ID, digests)
	}
}

// Of an index, a pull takes the manifest for this machine; that is enough for the
// other slots.
func TestPulledIndexOfAnotherSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := open(t, embedded.Options{StateDir: dir}), open(t, embedded.Options{StateDir: dir})
	var index v1.ImageIndex = empty.Index
	for _, arch := range []string{"amd64", "arm64", "s390x"} {
		img, err := random.Image(1000, 1)
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: platformed(t, img, arch), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewDigest(hostOfRegistry(t) + "/many/app@" + digest.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	want, err := one.Pull(t.Context(), ref.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{want.ID, ref.String()} {
		got, err := two.InspectImage(t.Context(), by)
		if err != nil || !slices.Equal(got.DiffIDs, want.DiffIDs) || !slices.Contains(got.RepoDigests, ref.String()) {
			t.Errorf("%s is %+v, %v; want %+v", by, got, err, want)
		}
	}
}

// One that was built is brought with all its platforms.
func TestBuiltIndexOfAnotherSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := open(t, embedded.Options{StateDir: dir}), open(t, embedded.Options{StateDir: dir})
	built, err := one.Build(t.Context(), engine.BuildSpec{
		Tags: []string{"many"}, Platforms: []string{"linux/amd64", "linux/arm64"},
		Context: probe.Context(t, "FROM scratch\nARG TARGETARCH\nCOPY probe /$TARGETARCH\n", nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	index, err := two.ExportIndex(t.Context(), "many", engine.ExportOptions{})
	if err != nil || index == nil {
		t.Fatalf("exported %v, %v", index, err)
	}
	if digest, err := index.Digest(); err != nil || digest.String() != built.ID {
		t.Errorf("exported %s, %v; want %s", digest, err, built.ID)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
}

func platformed(t *testing.T, img v1.Image, arch string) v1.Image {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	img, err = mutate.ConfigFile(img, config)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
