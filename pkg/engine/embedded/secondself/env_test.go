package secondself

import (
	"slices"
	"testing"
)

// Who has said when garbage is collected is not overruled.
func TestCollectLate(t *testing.T) {
	t.Parallel()
	if got := collectLate([]string{"A=1"}); !slices.Equal(got, []string{"A=1", "GOGC=off", "GOMEMLIMIT=64MiB"}) {
		t.Errorf("it is %q", got)
	}
	for _, own := range []string{"GOGC=50", "GOMEMLIMIT=1GiB"} {
		if got := collectLate([]string{own}); !slices.Equal(got, []string{own}) {
			t.Errorf("with %s it is %q", own, got)
		}
	}
}
