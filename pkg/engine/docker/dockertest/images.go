package dockertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	ref "github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/retort-ci/retort/pkg/internal/owner"
)

// RemoveNames takes the names for which ours is true off the daemon's images,
// which removes those that have no other. It gives the containers of retort's
// that are there of such images, and leaves them.
func (e *Engine) RemoveNames(ctx context.Context, ours func(name string) bool) (containers []string, err error) {
	images, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, i := range images {
		names := slices.DeleteFunc(slices.Concat(i.RepoTags, i.RepoDigests), func(name string) bool { return !ours(name) })
		if len(names) == 0 {
			continue
		}
		found, err := e.containersOf(ctx, i.ID)
		containers = append(containers, found...)
		errs = append(errs, err)
		for _, name := range names {
			errs = append(errs, e.RemoveImage(ctx, name))
		}
	}
	return containers, errors.Join(errs...)
}

// Load puts an image into the daemon's store under a name, and gives the layers
// that were not there before.
func (e *Engine) Load(ctx context.Context, name string, img v1.Image) (layers int, err error) {
	tag, err := ref.NewTag(name)
	if err != nil {
		return 0, err
	}
	archive, to := io.Pipe()
	go func() { to.CloseWithError(tarball.Write(tag, img, to)) }()
	defer func() { _ = archive.Close() }()
	loaded, err := e.api.ImageLoad(ctx, archive)
	if err != nil {
		return 0, err
	}
	defer func() { _ = loaded.Body.Close() }()
	seen := map[string]bool{}
	for lines := json.NewDecoder(loaded.Body); ; {
		var line struct{ ID, Error string }
		err := lines.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return len(seen), nil
		case err != nil:
			return 0, err
		case line.Error != "":
			return 0, fmt.Errorf("load %s: %s", name, line.Error)
		case line.ID != "":
			seen[line.ID] = true
		}
	}
}

// RemoveImage removes an image by ID with all its names, or one name of it.
func (e *Engine) RemoveImage(ctx context.Context, ref string) error {
	_, err := e.api.ImageRemove(ctx, ref, image.RemoveOptions{Force: true, PruneChildren: true})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// clearImages removes the images that the filter finds. The classic builder leaves
// one of each instruction, upon each other and in no order: one goes with that
// which stands upon it, or only after it.
func (e *Engine) clearImages(ctx context.Context, which filters.Args) error {
	for before := -1; ; {
		images, err := e.api.ImageList(ctx, image.ListOptions{All: true, Filters: which})
		if err != nil || len(images) == 0 {
			return err
		}
		var errs []error
		for _, i := range images {
			errs = append(errs, e.RemoveImage(ctx, i.ID))
		}
		if len(images) == before {
			return errors.Join(errs...)
		}
		before = len(images)
	}
}

// containersOf names the containers of retort's whose image has the ID.
func (e *Engine) containersOf(ctx context.Context, id string) ([]string, error) {
	ours := filters.NewArgs(filters.Arg("label", owner.LabelRun))
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: ours})
	var names []string
	for _, c := range list {
		if c.ImageID == id {
			names = append(names, fmt.Sprintf("container %v", c.Names))
		}
	}
	return names, err
}
