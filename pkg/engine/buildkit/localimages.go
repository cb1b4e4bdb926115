package buildkit

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session"
	sessioncontent "github.com/moby/buildkit/session/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Store is the image store of an engine whose daemon has none.
type Store interface {
	content.Store
	// Names gives every name, in full, and the digest of its image.
	Names() (map[string]digest.Digest, error)
	// Image gives the image with this digest, or an error.
	Image(of digest.Digest) (ocispecs.Descriptor, error)
	// Used notes that the image was of use just now.
	Used(of digest.Digest)
}

// storeID is how a daemon names the store among those of a session.
const storeID = "retort"

// storeAttachable lets the daemon write its results into the store, and read
// images out of it.
func storeAttachable(store content.Store, more map[string]content.Store) session.Attachable {
	stores := map[string]content.Store{}
	if store != nil {
		stores["export"], stores["oci:"+storeID] = store, store
	}
	maps.Copy(stores, more)
	return sessioncontent.NewAttachable(stores)
}

// layout is the store's image as the frontend names it.
func layout(image digest.Digest) string { return "oci-layout://" + storeID + "@" + image.String() }

// addLocalImages lets FROM and COPY --from find the images of the store by their
// tags, as docker build does, before a registry is asked. A context that the spec
// gives under that name goes first. Only what the Dockerfile names is added:
// a named context takes the place of a stage too.
func (c *Client) addLocalImages(attrs map[string]string, spec engine.BuildSpec) error {
	if c.opts.Store == nil {
		return nil
	}
	names, err := c.opts.Store.Names()
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	dockerfile := []byte(spec.Inline)
	if len(dockerfile) == 0 {
		if dockerfile, err = os.ReadFile(DockerfilePath(spec)); err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("read Dockerfile: %w", err), "see that this user may read it")
		}
	}
	wanted := imagesIn(dockerfile, spec.Args)
	for name, image := range names {
		// What is named by digest its registry has, and the daemon's own way there is
		// shorter.
		ref := contextKey(name)
		if !wanted[ref] || strings.Contains(ref, "@") {
			continue
		}
		if _, given := attrs["context:"+ref]; !given {
			c.opts.Store.Used(image)
			attrs["context:"+ref] = layout(image)
		}
	}
	return nil
}

// localImage is the named context of an image that the store has, by its tag or
// its ID.
func (c *Client) localImage(ref string) (layoutOf string, ok bool) {
	if c.opts.Store == nil {
		return "", false
	}
	image := digest.Digest(ref)
	if image.Validate() != nil {
		named, err := reference.ParseNormalizedNamed(ref)
		if err != nil {
			return "", false
		}
		names, err := c.opts.Store.Names()
		if err != nil {
			return "", false
		}
		image = names[reference.TagNameOnly(named).String()]
	}
	if _, err := c.opts.Store.Image(image); err != nil {
		return "", false
	}
	c.opts.Store.Used(image)
	return layout(image), true
}

// LayoutState is an image of the store as a state, for a session with the store.
func LayoutState(image digest.Digest, opts ...llb.OCILayoutOption) llb.State {
	return llb.OCILayout("retort.local/image@"+image.String(), append(opts, llb.OCIStore("", storeID))...)
}

// LayoutStores are the stores that LayoutState needs in client.SolveOpt.
func LayoutStores(store content.Store) map[string]content.Store {
	return map[string]content.Store{storeID: store}
}
