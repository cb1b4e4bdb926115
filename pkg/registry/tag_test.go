package registry_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/registry"
)

func TestSanitizeTag(t *testing.T) {
	for in, want := range map[string]string{
		"main":                   "main",
		"v1.2.3":                 "v1.2.3",
		"_x":                     "_x",
		"release-20261123":       "release-20261123", // a date is no hash
		strings.Repeat("x", 128): strings.Repeat("x", 128),
		"feature/x":              "feature-x-217d2bf5",
		"feature//x":             "feature-x-3b0d3308",
		"-x":                     "x-a4209624",
		"":                       "tag-e3b0c442",
		"größe":                  "gr-e-d353a267",
		"feature-x-217d2bf5":     "feature-x-217d2bf5-85d9b1bf", // would be feature/x
	} {
		if got := registry.SanitizeTag(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	long := registry.SanitizeTag(strings.Repeat("x", 129))
	if len(long) != 128 || !strings.HasPrefix(long, strings.Repeat("x", 119)+"-") {
		t.Errorf("a long name gives %q", long)
	}
}

func FuzzSanitizeTag(f *testing.F) {
	valid := regexp.MustCompile(`^[\w][\w.-]{0,127}$`)
	f.Add("feature/x", "feature-x")
	f.Add("feature/x", "feature-x-217d2bf5")
	f.Add("", "tag-e3b0c442")
	f.Add("\xff", "\xfe")
	f.Add(strings.Repeat("x", 129), strings.Repeat("x", 130))
	f.Add("v1-12345678", "v1/12345678")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, other := registry.SanitizeTag(a), registry.SanitizeTag(b)
		for _, tag := range []string{one, other} {
			if !valid.MatchString(tag) {
				t.Errorf("%q is no tag", tag)
			}
		}
		if a != b && one == other {
			t.Errorf("%q and %q both give %q", a, b, one)
		}
	})
}
