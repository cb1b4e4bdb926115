package ci_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

func TestParseVersion(t *testing.T) {
	tests := map[string]string{
		"v1.4.2": "1.4.2", "1.4.2": "1.4.2", "v0.0.0": "0.0.0", "v1.4.2-rc.1": "1.4.2-rc.1",
		"v1.4.2+build.5": "1.4.2+build.5", "1.0.0-a-b+c-d.e": "1.0.0-a-b+c-d.e",
		"v1.4": "", "v1": "", "": "", "v": "", "vv1.2.3": "", "1.2.3.4": "", "01.2.3": "", "1.-2.3": "",
		"1.2.3-": "", "1.2.3+": "", "1.2.3-a..b": "", "1.2.3-ä": "", "release-1.2.3": "", "1.2.x": "",
	}
	for tag, want := range tests {
		got, ok := ci.ParseVersion(tag)
		if got.String() != want || ok != (want != "") {
			t.Errorf("%q is version %q, %v; want %q", tag, got, ok, want)
		}
	}
	if v, _ := ci.ParseVersion("v10.4.2-rc.1"); v.Major() != "10" || v.Minor() != "10.4" || v.IsRelease() {
		t.Errorf("%s has major %s, minor %s, is a release: %v", v, v.Major(), v.Minor(), v.IsRelease())
	}
}

// The first list is semver.org's own, paragraph 11.
func TestCompareVersions(t *testing.T) {
	for _, list := range []string{
		"1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0",
		"0.9.9 0.10.0 1.0.0 1.9.0 1.10.0 9.0.0 10.0.0-rc.1 10.0.0",
		"1.0.99999999999999999999 1.0.100000000000000000000",
	} {
		var versions []ci.Version
		for text := range strings.FieldsSeq(list) {
			v, ok := ci.ParseVersion(text)
			if !ok {
				t.Fatalf("%q is no version", text)
			}
			versions = append(versions, v)
		}
		for i, v := range versions {
			for j, w := range versions {
				want := min(1, max(-1, i-j))
				if got := v.Compare(w); min(1, max(-1, got)) != want {
					t.Errorf("%s against %s gives %d, want %d", v, w, got, want)
				}
			}
		}
	}
	one, _ := ci.ParseVersion("1.0.0+a")
	other, _ := ci.ParseVersion("1.0.0+b")
	if one.Compare(other) != 0 {
		t.Error("build metadata counts")
	}
}

func TestReleases(t *testing.T) {
	dir := repo(t)
	check := func(what, dir, want string, wantWhole bool) {
		t.Helper()
		releases, whole, err := ci.Releases(t.Context(), dir)
		var got []string
		for _, v := range releases {
			got = append(got, v.String())
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want || whole != wantWhole || err != nil {
			t.Errorf("%s: got %q, whole %v, %v; want %q, %v", what, got, whole, err, want, wantWhole)
		}
	}
	check("no tag", dir, "", true)
	for _, tag := range []string{"v1.3.9", "v1.4.0-rc.1", "1.4.2", "zebra", "dir/v9.0.0"} {
		git(t, dir, "tag", tag)
	}
	check("five tags", dir, "1.3.9 1.4.2", true)
	commitAll(t, dir, "second")
	git(t, dir, "tag", "--annotate", "--message=m", "v2.0.0")
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "--quiet", "--depth=1", "--branch=v2.0.0", "file://"+dir, shallow)
	check("a shallow clone of a tag", shallow, "2.0.0", false)
	check("no repository", t.TempDir(), "", false)
	t.Setenv("PATH", t.TempDir())
	check("no git", dir, "", false)
}

// A release is made of the commit of its last pre-release: the release counts.
func TestTagOfReleasedPreRelease(t *testing.T) {
	dir := repo(t)
	for _, tag := range []string{"v1.4.2", "v1.4.2-rc.1", "v1.4.2-rc.10", "zebra"} {
		git(t, dir, "tag", tag)
	}
	if g := fromGit(t, dir); g.Tag != "v1.4.2" {
		t.Errorf("the tag is %q", g.Tag)
	}
}
