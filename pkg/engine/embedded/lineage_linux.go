package embedded

import (
	"context"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
)

// sourceLabel begins the label of a blob that names the repositories of a
// registry ("….docker.io": "library/golang,library/alpine"), as containerd writes it.
const sourceLabel = "containerd.io/distribution.source."

var (
	_ engine.Lineage = (*Engine)(nil)
	_ engine.Looker  = (*Engine)(nil)
)

// KnownAs gives the references of images that were pulled and that are this image,
// or its lower layers, in whichever slot.
func (e *Engine) KnownAs(ctx context.Context, id string) ([]string, error) {
	o, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	of, err := o.inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := o.slot.Images()
	if err != nil {
		return nil, err
	}
	var known []string
	for _, image := range all {
		if strings.Contains(image.Name, "@") && !strings.HasPrefix(image.Name, nameless+"@") && isPrefix(image.DiffIDs, of.DiffIDs) {
			known = append(known, familiar(image.Name))
		}
	}
	return known, nil
}

func isPrefix(short, long []string) bool {
	return len(short) <= len(long) && slices.Equal(short, long[:len(short)])
}
