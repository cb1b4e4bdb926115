package docker

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// Sweep removes containers, then networks and volumes, whose owner is dead. Ages
// are taken by the daemon's clock on both ends, so that machines with other
// clocks may share it.
func (e *Engine) Sweep(ctx context.Context) ([]string, error) {
	marked, err := e.marked(ctx)
	if err != nil || len(marked) == 0 {
		return nil, err
	}
	now, err := e.clock(ctx)
	if err != nil {
		return nil, err
	}
	var removed []string
	var errs *multierror.Error
	for _, m := range marked {
		if !dead(m.labels, m.age(now)) {
			continue
		}
		err := m.remove(ctx)
		switch {
		case err == nil:
			removed = append(removed, m.what)
		case errdefs.IsConflict(err): // a volume that someone living uses: for the sweep after that
		default:
			errs = multierror.Append(errs, err)
		}
	}
	return removed, many.Errors(errs)
}

func dead(labels map[string]string, age time.Duration) bool {
	o, ok := owner.Parse(labels)
	return ok && o.Dead(age)
}

// clock is the daemon's own time.
func (e *Engine) clock(ctx context.Context) (time.Time, error) {
	info, err := e.api.Info(ctx)
	if err != nil {
		return time.Time{}, e.explain(ctx, "ask for the time", err)
	}
	return time.Parse(time.RFC3339Nano, info.SystemTime)
}
