package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/util/leaseutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

var _ engine.Puller = (*Engine)(nil)

// Pull brings repo@digest into the store, with the credentials that the docker
// config has for its registry. Of an index it is what this machine can run. The
// layers are unpacked when they are first used.
func (e *Engine) Pull(ctx context.Context, ref string) (engine.ImageInfo, error) {
	o, err := e.open(ctx)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	named, err := reference.ParseDockerRef(ref)
	if err != nil {
		return engine.ImageInfo{}, fault.Wrap(fault.Usage, fmt.Errorf("pull %s: %w", ref, err), "")
	}
	resolver, err := newResolver(registryHosts(e.opts.PlainHTTP))
	if err != nil {
		return engine.ImageInfo{}, err
	}
	if err := o.pull(quiet(ctx), resolver, named.String()); err != nil {
		if ctx.Err() != nil {
			return engine.ImageInfo{}, context.Cause(ctx)
		}
		return engine.ImageInfo{}, fault.Wrap(fault.Infrastructure, fmt.Errorf("pull %s: %w", ref, err),
			"can this machine reach the registry, and is it logged in there? see `docker login`")
	}
	return o.inspect(ctx, named.String())
}

// pull fetches what the store lacks and gives it the name. Until then a lease
// keeps the blobs.
func (o *opened) pull(ctx context.Context, resolver remotes.Resolver, name string) (err error) {
	ctx, done, err := leaseutil.WithLease(ctx, o.worker.LeaseManager(), leaseutil.MakeTemporary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done(context.WithoutCancel(ctx))) }()
	resolved, desc, err := resolver.Resolve(ctx, name)
	if err != nil {
		return err
	}
	fetcher, err := resolver.Fetcher(ctx, resolved)
	if err != nil {
		return err
	}
	fetch, err := fetchAll(o.worker.ContentStore(), fetcher, name)
	if err != nil {
		return err
	}
	if err := images.Dispatch(ctx, fetch, nil, desc); err != nil {
		return err
	}
	if err := o.name(ctx, name, desc); err != nil {
		return err
	}
	return o.remember(ctx, desc, name)
}

// fetchAll fetches a blob and what it refers to, labelled so that garbage
// collection knows that they belong together and lineage where they are from.
func fetchAll(store content.Store, fetcher remotes.Fetcher, name string) (images.Handler, error) {
	from, err := docker.AppendDistributionSourceLabel(store, name)
	if err != nil {
		return nil, err
	}
	here := platforms.Default()
	children := images.SetChildrenLabels(store, images.ChildrenHandler(store))
	children = images.LimitManifests(images.FilterPlatforms(children, here), here, 1)
	return images.Handlers(remotes.FetchHandler(store, fetcher), from, children), nil
}

// name lets the store keep the image under the name.
func (o *opened) name(ctx context.Context, name string, desc ocispecs.Descriptor) error {
	image := images.Image{Name: name, Target: desc}
	_, err := o.images.Create(ctx, image)
	if errdefs.IsAlreadyExists(err) {
		_, err = o.images.Update(ctx, image)
	}
	return err
}

// newResolver asks registries, with the credentials of the docker config.
func newResolver(hosts docker.RegistryHosts) (remotes.Resolver, error) {
	file, err := config.Load("")
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("read docker config: %w", err),
			"mend or remove "+filepath.Join(config.Dir(), config.ConfigFileName))
	}
	credentials := authprovider.LoadAuthConfig(file)
	authorizer := docker.NewDockerAuthorizer(docker.WithAuthCreds(func(host string) (string, string, error) {
		auth, err := credentials(context.Background(), host, nil, nil)
		if auth.IdentityToken != "" {
			return "", auth.IdentityToken, err
		}
		return auth.Username, auth.Password, err
	}))
	return docker.NewResolver(docker.ResolverOptions{Hosts: func(host string) ([]docker.RegistryHost, error) {
		found, err := hosts(host)
		for i := range found {
			found[i].Authorizer = authorizer
		}
		return found, err
	}}), nil
}
