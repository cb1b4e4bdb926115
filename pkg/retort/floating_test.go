package retort

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Which tags a release has, by what git knows of other releases and by what the
// registry's images say of themselves.
func TestReleaseTags(t *testing.T) {
	for name, test := range map[string]struct {
		tag   string
		git   string            // tags of the checkout
		there map[string]string // tag in the registry to the version that its image says it has
		want  string
		left  string // in a warning
	}{
		"the first":                {tag: "v1.4.2", git: "v1.4.2", want: "1.4.2! 1.4 1 latest"},
		"without a v":              {tag: "1.4.2", git: "1.4.2", want: "1.4.2! 1.4 1 latest"},
		"the newest":               {tag: "v1.10.0", git: "v1.9.0 v1.10.0 zebra", want: "1.10.0! 1.10 1 latest"},
		"an old line is mended":    {tag: "v1.3.9", git: "v1.3.8 v1.3.9 v1.4.2", want: "1.3.9! 1.3"},
		"an older major":           {tag: "v1.5.0", git: "v1.4.2 v1.5.0 v2.0.0", want: "1.5.0! 1.5 1"},
		"not even of its line":     {tag: "v1.4.1", git: "v1.4.1 v1.4.2", want: "1.4.1!"},
		"a pre-release is no news": {tag: "v1.4.2", git: "v1.4.2 v2.0.0-rc.1", want: "1.4.2! 1.4 1 latest"},
		"a pre-release":            {tag: "v2.0.0-rc.1", git: "v2.0.0-rc.1", want: "2.0.0-rc.1"},
		"before 1.0":               {tag: "v0.4.2", git: "v0.4.2", want: "0.4.2! 0.4 latest"},
		"with build metadata":      {tag: "v1.4.2+build.5", git: "v1.4.2+build.5", want: "1.4.2-build.5-4656b37d! 1.4 1 latest"},
		"the registry knows of a newer one": {
			tag: "v1.3.9", git: "v1.3.9", there: map[string]string{"1.3": "1.3.8", "1": "1.4.2", "latest": "1.4.2"}, want: "1.3.9! 1.3",
		},
		"the registry has older ones": {
			tag: "v1.4.3", git: "v1.4.3", there: map[string]string{"1.4": "1.4.2", "1": "1.4.2", "latest": "1.4.2"}, want: "1.4.3! 1.4 1 latest",
		},
		"an image that does not say": {
			tag: "v1.4.3", git: "v1.4.3", there: map[string]string{"latest": ""}, want: "1.4.3! 1.4 1 latest",
		},
		"an image that does not say, and not all tags": {
			tag: "v1.4.3", there: map[string]string{"latest": "2f4c1e"}, want: "1.4.3! 1.4 1", left: "/shop/orders:latest is left alone",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders")
			repository := b.service("orders").Image
			if test.git != "" {
				checkout(t, b.Project.Dir, strings.Fields(test.git)...)
			}
			for tag, version := range test.there {
				b.pushImage(t, labelled(t, version), repository+":"+tag)
			}
			b.CI.Tag = test.tag
			got := tagsOf(t, b.Pipeline, b.service("orders"))
			if want := strings.Fields("git-" + commit + " " + test.want); !slices.Equal(got, want) {
				t.Errorf("tags are %q, want %q", got, want)
			}
			if warned := strings.Join(b.told.warnings, "\n"); (warned == "") != (test.left == "") || !strings.Contains(warned, test.left) {
				t.Errorf("warned of %q, want %q", warned, test.left)
			}
		})
	}
}

// checkout makes a repository of one commit that has the tags.
func checkout(t *testing.T, dir string, tags ...string) {
	t.Helper()
	who := []string{"-c", "user.name=Ann", "-c", "user.email=ann@example.com"}
	for _, args := range append([][]string{{"init", "-q"}, {"commit", "-q", "--allow-empty", "-m", "one"}}, tagging(tags)...) {
		cmd := exec.CommandContext(t.Context(), "git", append(append([]string{"-C", dir}, who...), args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

func tagging(tags []string) [][]string {
	var all [][]string
	for _, tag := range tags {
		all = append(all, []string{"tag", tag})
	}
	return all
}

// labelled is an image that says it has the version; "" says nothing.
func labelled(t *testing.T, version string) v1.Image {
	t.Helper()
	config := v1.Config{}
	if version != "" {
		config.Labels = map[string]string{versionLabel: version}
	}
	img, err := mutate.Config(image(t), config)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
