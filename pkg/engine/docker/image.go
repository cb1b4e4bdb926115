package docker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/cli/cli/config"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// InspectImage asks the daemon's store.
func (e *Engine) InspectImage(ctx context.Context, ref string) (engine.ImageInfo, error) {
	in, err := e.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return engine.ImageInfo{}, fmt.Errorf("%s: %w (docker at %s)", ref, engine.ErrImageNotFound, e.address)
	}
	if err != nil {
		return engine.ImageInfo{}, e.explain(ctx, "inspect image "+ref, err)
	}
	return imageInfo(in), nil
}

func imageInfo(in image.InspectResponse) engine.ImageInfo {
	info := engine.ImageInfo{
		ID:          in.ID,
		RepoDigests: in.RepoDigests,
		RepoTags:    in.RepoTags,
		DiffIDs:     in.RootFS.Layers,
		Size:        in.Size,
		Platform:    strings.TrimSuffix(in.Os+"/"+in.Architecture+"/"+in.Variant, "/"),
	}
	if in.Config == nil {
		return info
	}
	info.Labels = in.Config.Labels
	info.Ports = slices.Sorted(maps.Keys(in.Config.ExposedPorts))
	if h := in.Config.Healthcheck; h != nil {
		info.Healthcheck = h.Test
		info.Rhythm = engine.Rhythm{Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries}
	}
	return info
}

// Pull brings repo@digest into the daemon's store, with the credentials that
// the docker config has for its registry.
func (e *Engine) Pull(ctx context.Context, ref string) (engine.ImageInfo, error) {
	auth, err := registryAuth(ref)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	stream, err := e.api.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: auth})
	if err != nil {
		return engine.ImageInfo{}, fault.Wrap(fault.Infrastructure, e.explain(ctx, "pull "+ref, err), "")
	}
	defer func() { _ = stream.Close() }()
	if err := pullFailure(stream); err != nil {
		return engine.ImageInfo{}, fault.Wrap(fault.Infrastructure, fmt.Errorf("docker at %s: pull %s: %w", e.address, ref, err),
			"can the daemon reach the registry, and is it logged in there?")
	}
	return e.InspectImage(ctx, ref)
}

// pullFailure reads the daemon's progress to its end; a pull that fails after
// its start says so only there.
func pullFailure(stream io.Reader) error {
	dec := json.NewDecoder(stream)
	for {
		var m struct{ Error string }
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Error != "" {
			return errors.New(m.Error)
		}
	}
}

// registryAuth gives the X-Registry-Auth header for the reference's registry.
func registryAuth(ref string) (string, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("pull: %w", err), "")
	}
	cfg, err := config.Load("")
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("read docker config: %w", err), "")
	}
	host := parsed.Context().RegistryStr()
	if host == name.DefaultRegistry {
		host = "https://index.docker.io/v1/"
	}
	creds, err := cfg.GetAuthConfig(host)
	if err != nil {
		return "", fault.Wrap(fault.Infrastructure, fmt.Errorf("credentials for %s: %w", host, err), "")
	}
	header, err := json.Marshal(registry.AuthConfig{
		Username: creds.Username, Password: creds.Password, Auth: creds.Auth,
		ServerAddress: creds.ServerAddress, IdentityToken: creds.IdentityToken, RegistryToken: creds.RegistryToken,
	})
	return base64.URLEncoding.EncodeToString(header), err
}

// KnownAs gives repo@digest references of images that the daemon got from a
// registry and that are this image, or its lower layers: what registries
// already hold of it.
func (e *Engine) KnownAs(ctx context.Context, id string) ([]string, error) {
	of, err := e.InspectImage(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, e.explain(ctx, "list images", err)
	}
	var known []string
	for _, summary := range list {
		if len(summary.RepoDigests) == 0 {
			continue
		}
		info, err := e.InspectImage(ctx, summary.ID)
		if errors.Is(err, engine.ErrImageNotFound) {
			continue // removed since it was listed
		}
		if err != nil {
			return nil, err
		}
		if isPrefix(info.DiffIDs, of.DiffIDs) {
			known = append(known, info.RepoDigests...)
		}
	}
	return known, nil
}

func isPrefix(short, long []string) bool {
	return len(short) <= len(long) && slices.Equal(short, long[:len(short)])
}
