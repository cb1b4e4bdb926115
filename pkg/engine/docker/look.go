package docker

import (
	"context"
	"fmt"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit"
)

// Look opens the image where the daemon has unpacked it, through its BuildKit.
// That finds an image by its name alone, so one without a name is not to be
// looked at. It is not given one for the time: removing the only name of an image
// removes the image.
func (e *Engine) Look(ctx context.Context, id string, look func(context.Context, engine.Unpacked) error) error {
	info, err := e.InspectImage(ctx, id)
	if err != nil {
		return err
	}
	if len(info.RepoTags) == 0 {
		return fmt.Errorf("look at image %s, which has no name: %w", id, engine.ErrUnsupported)
	}
	return e.LookAt(ctx, buildkit.Local{ID: info.ID, Name: info.RepoTags[0], Platform: info.Platform}, look)
}
