package embedded

import (
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/retort-ci/retort/pkg/engine/embedded/secondself"
)

// collectAsOthers lets the second self collect garbage as other programs do once it
// has done so for the first time, and keeps from the programs that it starts what
// was for its own start.
func collectAsOthers() error {
	if os.Getenv(secondself.Percent) != "off" || os.Getenv(secondself.Limit) != secondself.Late {
		return nil
	}
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
	}, struct{}{})
	return errors.Join(os.Unsetenv(secondself.Percent), os.Unsetenv(secondself.Limit))
}
