package archtest_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

func TestErrorTextFound(t *testing.T) {
	for body, want := range map[string]int{
		`use(strings.Contains(err.Error(), "gone"))`:          1,
		`use(strings.HasSuffix(f().Error(), "gone"))`:         1,
		`if err.Error() == "EOF" {}`:                          1,
		`if "EOF" != err.Error() {}`:                          1,
		`use(strings.TrimPrefix(err.Error(), "rpc error: "))`: 0,
		`use("push: " + err.Error())`:                         0,
		`use(strings.Contains(text, "gone"))`:                 0,
		`l.Error("gone" == text)`:                             0,
	} {
		f := parse(t, "pkg/some/file.go", `"strings"`, body)
		if found := archtest.CheckErrorText([]archtest.File{f}, nil); len(found) != want {
			t.Errorf("%s: found %v, want %d", body, found, want)
		}
		except := []archtest.Exception{{Where: "pkg/some/file.go", Why: "no other way"}}
		if found := archtest.CheckErrorText([]archtest.File{f}, except); len(found) != 1-want {
			t.Errorf("%s: excused, and found %v, want %d", body, found, 1-want)
		}
	}
}
