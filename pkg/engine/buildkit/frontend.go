package buildkit

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/grpcerrors"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// frontend runs the Dockerfile frontend in this process for one build, and
// notes what it learns on the way: the bases, pinned, and the first error.
type frontend struct {
	spec   engine.BuildSpec
	refuse func(ctx context.Context, ref string) error // nil refuses nothing
	own    func(ctx context.Context, ref string) bool  // nil has nothing
	mu     sync.Mutex
	bases  map[string]engine.Base  // by name
	places map[digest.Digest]place // by vertex
	err    error
}

func (f *frontend) build(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
	res, err := builder.Build(ctx, &resolving{Client: c, frontend: f})
	if err != nil {
		f.mu.Lock()
		f.err = err
		f.mu.Unlock()
		return nil, err
	}
	return res, f.defaultLabels(res)
}

// cause is the frontend's own error where it had one: the daemon's copy of it
// has lost its types.
func (f *frontend) cause(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return cmp.Or(f.err, err)
}

func (f *frontend) pinned() []engine.Base {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.bases), func(a, b engine.Base) int {
		return strings.Compare(a.Name, b.Name)
	})
}

func (f *frontend) note(b engine.Base) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bases == nil {
		f.bases = map[string]engine.Base{}
	}
	f.bases[b.Name] = b
}

// resolving is a gateway whose image references are pinned by the spec's
// BaseResolver before the daemon is asked. The answer names another reference,
// which the frontend then pulls: so a mirror is used and the Dockerfile stays
// as it is, on any daemon, without its configuration being touched.
type resolving struct {
	gateway.Client
	frontend *frontend
}

// ResolveImageConfig is what FROM, COPY --from and named contexts go through.
func (r *resolving) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if opt.OCILayoutOpt != nil { // is the engine's own: no registry's, and has no other way
		_, dgst, config, err := r.Client.ResolveImageConfig(ctx, ref, opt)
		if err == nil {
			name, _, _ := strings.Cut(ref, "@")
			r.frontend.note(engine.Base{Name: name, Ref: name})
		}
		return ref, dgst, config, err
	}
	if bases := r.frontend.spec.Bases; bases != nil {
		base, err := bases.ResolveBase(ctx, ref, platformOf(opt))
		if err != nil {
			return "", "", nil, err
		}
		if base != nil {
			if err := r.frontend.refused(ctx, base.Ref); err != nil {
				return "", "", nil, err
			}
			r.frontend.note(*base)
			return base.Ref, digest.Digest(base.Digest), base.Config, nil
		}
	}
	if err := r.frontend.refused(ctx, ref); err != nil {
		return "", "", nil, err
	}
	resolved, dgst, config, err := r.Client.ResolveImageConfig(ctx, ref, opt)
	if err != nil {
		return "", "", nil, unresolved(ctx, err)
	}
	known := dgst
	if r.frontend.own != nil && r.frontend.own(ctx, ref) {
		known = "" // to registries
	}
	r.frontend.note(engine.Base{Name: ref, Ref: resolved, Digest: known.String()})
	return resolved, dgst, config, nil
}

func (f *frontend) refused(ctx context.Context, ref string) error {
	if f.refuse == nil {
		return nil
	}
	return f.refuse(ctx, ref)
}

// unresolved puts a base that cannot be had on a side: the Dockerfile names
// what is not there, or its registry does not answer, or not to us.
func unresolved(ctx context.Context, err error) error {
	// Engine 20.10 sends every such error as an unknown one, so the text decides.
	missing := grpcerrors.Code(err) == codes.NotFound || strings.HasSuffix(err.Error(), "not found")
	if missing || ctx.Err() != nil || grpcerrors.Code(err) == codes.Unavailable {
		return err
	}
	return fault.Wrap(fault.Infrastructure, err, "can the engine reach that registry, and is it logged in there? see `docker login`")
}

func platformOf(opt sourceresolver.Opt) string {
	if opt.ImageOpt == nil || opt.ImageOpt.Platform == nil {
		return platforms.FormatAll(platforms.DefaultSpec())
	}
	return platforms.FormatAll(*opt.ImageOpt.Platform)
}

// defaultLabels sets the spec's default labels on every platform's config,
// unless the Dockerfile set one of that name itself. A label that came along
// from the base image describes the base, so it gives way.
func (f *frontend) defaultLabels(res *gateway.Result) error {
	for key, config := range res.Metadata {
		if len(f.spec.Defaults) == 0 || !strings.HasPrefix(key, exptypes.ExporterImageConfigKey) {
			continue
		}
		suffix := strings.TrimPrefix(key, exptypes.ExporterImageConfigKey)
		labelled, err := withDefaults(config, res.Metadata[exptypes.ExporterImageBaseConfigKey+suffix], f.spec.Defaults)
		if err != nil {
			return err
		}
		res.Metadata[key] = labelled
	}
	return nil
}

// withDefaults edits the config as raw JSON so that fields unknown here
// (HEALTHCHECK's start interval, ONBUILD, …) stay as they are.
func withDefaults(config, base []byte, defaults map[string]string) ([]byte, error) {
	var image, inner map[string]json.RawMessage
	if err := json.Unmarshal(config, &image); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(orEmpty(image["config"]), &inner); err != nil {
		return nil, err
	}
	labels := map[string]string{}
	if err := json.Unmarshal(orEmpty(inner["Labels"]), &labels); err != nil {
		return nil, err
	}
	inherited := labelsOf(base)
	for name, value := range defaults {
		own, set := labels[name]
		came, from := inherited[name]
		if !set || from && own == came {
			labels[name] = value
		}
	}
	return setNested(image, inner, labels)
}

func setNested(image, inner map[string]json.RawMessage, labels map[string]string) ([]byte, error) {
	var err error
	if inner["Labels"], err = json.Marshal(labels); err != nil {
		return nil, err
	}
	if image["config"], err = json.Marshal(inner); err != nil {
		return nil, err
	}
	return json.Marshal(image)
}

// orEmpty lets an absent or null member decode as an empty object.
func orEmpty(raw json.RawMessage) []byte {
	if len(raw) == 0 || string(raw) == "null" {
		return []byte("{}")
	}
	return raw
}

func labelsOf(config []byte) map[string]string {
	var image struct {
		Config struct{ Labels map[string]string } `json:"config"`
	}
	if len(config) > 0 && json.Unmarshal(config, &image) != nil {
		return nil
	}
	return image.Config.Labels
}
