package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/image"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/grace"
)

// lendName sees to it that the image has the name, and gives the function after
// which it has it only if it had it before. The name of another image is left to
// that one.
func (e *Engine) lendName(ctx context.Context, id, ref string) (giveBack func() error, err error) {
	has, err := e.InspectImage(ctx, ref)
	switch {
	case err == nil && has.ID == id:
		return func() error { return nil }, nil
	case err == nil:
		return nil, fmt.Errorf("push %s: it is the name of %s in docker: %w", ref, has.ID, engine.ErrUnsupported)
	case !errors.Is(err, engine.ErrImageNotFound):
		return nil, err
	}
	giveBack = func() error {
		ctx, done := grace.Outlive(ctx, cleanupLimit)
		defer done()
		has, err := e.InspectImage(ctx, ref)
		if err != nil || has.ID != id {
			return nil // somebody else has taken or moved it meanwhile
		}
		return e.takeName(ctx, ref)
	}
	// A daemon names the image though nobody waits for its answer any more.
	late, done := grace.Outlive(ctx, answerLimit)
	defer done()
	if err := e.api.ImageTag(late, id, ref); err != nil {
		return nil, errors.Join(e.explain(ctx, "name image "+ref, err), giveBack())
	}
	return giveBack, nil
}

// takeName takes a name off its image. To remove it would do more: without
// another name the image is deleted, and the digests by which its repository
// knows it go with the repository's last tag. So the name is moved to an image
// of nothing, and removed with that.
func (e *Engine) takeName(ctx context.Context, ref string) error {
	blank, err := e.blankImage(ctx)
	if err != nil {
		return e.explain(ctx, "take the name "+ref+" off its image", err)
	}
	err = e.api.ImageTag(ctx, blank, ref)
	// By ID, so that a name that somebody else has moved meanwhile stays theirs.
	_, removed := e.api.ImageRemove(ctx, blank, image.RemoveOptions{Force: true})
	return e.explain(ctx, "take the name "+ref+" off its image", errors.Join(err, removed))
}

// blankImage makes an image without files and names.
func (e *Engine) blankImage(ctx context.Context) (id string, err error) {
	var empty bytes.Buffer
	if err := tar.NewWriter(&empty).Close(); err != nil {
		return "", err
	}
	stream, err := e.api.ImageImport(ctx, image.ImportSource{Source: &empty, SourceName: "-"}, "",
		image.ImportOptions{Message: "made by retort to take a name off another image"})
	if err != nil {
		return "", err
	}
	defer func() { _ = stream.Close() }()
	dec := json.NewDecoder(stream)
	for {
		var m struct{ Status, Error string }
		err := dec.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return id, nil
		case err != nil:
			return "", err
		case m.Error != "":
			return "", errors.New(m.Error)
		}
		id = m.Status // the last line is the ID
	}
}
