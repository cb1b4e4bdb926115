package promote

import (
	"context"
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/freeze"
)

// Freeze is the gate that lets nothing in during certain times.
type Freeze struct {
	Windows []freeze.Window
	Now     func() time.Time // time.Now when nil
}

var _ Gate = Freeze{}

// Name is the key in the project file.
func (Freeze) Name() string { return "freeze" }

// Ask looks at the clock.
func (f Freeze) Ask(_ context.Context, _ Edge) (Verdict, error) {
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	at := now()
	for _, w := range f.Windows {
		if until, frozen := w.Holds(at); frozen {
			return Verdict{
				Reason: fmt.Sprintf("frozen by %q until %s", w, until.Format("Mon 2006-01-02 15:04 MST")),
				Remedy: "wait until " + until.Format(time.RFC3339),
			}, nil
		}
	}
	return Verdict{Allowed: true, Reason: "no freeze now"}, nil
}
