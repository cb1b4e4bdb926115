package docker

import (
	"context"
	"crypto/rand"
	"maps"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
)

// labelCreation marks the volume that one call of CreateVolume made. The daemon
// gives whoever asks for a name that is taken the volume that has it.
const labelCreation = "dev.retort.creation"

type sharedVolume struct {
	engine *Engine
	name   string
}

var _ engine.Volume = (*sharedVolume)(nil)

// CreateVolume makes a volume on the daemon's own disk.
func (e *Engine) CreateVolume(ctx context.Context, spec engine.VolumeSpec) (engine.Volume, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	creation := rand.Text()
	labels := map[string]string{labelCreation: creation}
	maps.Copy(labels, spec.Labels)
	late, cancel := grace.Outlive(ctx, answerLimit)
	defer cancel()
	made, err := e.api.VolumeCreate(late, volume.CreateOptions{Driver: "local", Name: spec.Name, Labels: labels})
	switch {
	case err == nil && made.Labels[labelCreation] != creation:
		return nil, fault.New(fault.Usage, "docker volume rm "+spec.Name, "docker: create volume %s: there is one of that name", spec.Name)
	case err == nil && ctx.Err() != nil:
		e.removeVolumeLate(ctx, made.Name, creation)
		return nil, context.Cause(ctx)
	case err == nil:
		return &sharedVolume{engine: e, name: made.Name}, nil
	case !answered(err) && spec.Name != "":
		e.removeVolumeLate(ctx, spec.Name, creation) // as with a container whose creation had no answer
	}
	return nil, e.explain(ctx, "create volume "+spec.Name, err)
}

// removeVolumeLate removes although ctx may have ended, and never a volume that
// was there before: what is in it cannot be had again.
func (e *Engine) removeVolumeLate(ctx context.Context, name, creation string) {
	late, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()
	v, err := e.api.VolumeInspect(late, name)
	if err == nil && v.Labels[labelCreation] == creation {
		_ = e.api.VolumeRemove(late, name, false)
	}
}

// Name is the daemon's name of the volume.
func (v *sharedVolume) Name() string { return v.name }

// Remove removes the volume with what is in it.
func (v *sharedVolume) Remove(ctx context.Context) error {
	err := v.engine.api.VolumeRemove(ctx, v.name, false)
	if errdefs.IsNotFound(err) {
		return nil
	}
	return v.engine.explain(ctx, "remove volume "+v.name, err)
}
