package embedded

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter"
	exportimage "github.com/moby/buildkit/exporter/containerimage"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/snapshot/imagerefchecker"
	"github.com/moby/buildkit/source"
	"github.com/moby/buildkit/source/containerblob"
	"github.com/moby/buildkit/source/containerimage"
	"github.com/moby/buildkit/source/git"
	"github.com/moby/buildkit/source/http"
	"github.com/moby/buildkit/source/local"
	"github.com/moby/buildkit/worker/base"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// assemble makes a worker as BuildKit's base.NewWorker does, but for two things: it
// does not run git to learn whether it runs, which takes as long as all else here,
// and it has one exporter, see [settled.Exporter].
func assemble(ctx context.Context, opt base.WorkerOpt) (*base.Worker, error) {
	records, err := cache.NewManager(cache.ManagerOpt{
		Snapshotter: opt.Snapshotter, Applier: opt.Applier, Differ: opt.Differ,
		ContentStore: opt.ContentStore, LeaseManager: opt.LeaseManager, GarbageCollect: opt.GarbageCollect,
		PruneRefChecker: imagerefchecker.New(imagerefchecker.Opt{ImageStore: opt.ImageStore, ContentStore: opt.ContentStore}),
		MetadataStore:   opt.MetadataStore, Root: opt.Root, MountPoolRoot: opt.MountPoolRoot,
	})
	if err != nil {
		return nil, err
	}
	w := &base.Worker{WorkerOpt: opt, CacheMgr: records}
	if err := addSources(w); err != nil {
		return nil, err
	}
	// What a killed process held for as long as it ran.
	leases, err := opt.LeaseManager.List(ctx, `labels."buildkit/lease.temporary"`)
	for _, lease := range leases {
		err = errors.Join(err, opt.LeaseManager.Delete(ctx, lease))
	}
	return w, err
}

// addSources makes what a build's files come from.
func addSources(w *base.Worker) (err error) {
	if w.SourceManager, err = source.NewManager(); err != nil {
		return err
	}
	if w.ImageSource, err = imageSource(w, w.RegistryHosts, containerimage.ResolverTypeRegistry); err != nil {
		return err
	}
	if w.OCILayoutSource, err = imageSource(w, nil, containerimage.ResolverTypeOCILayout); err != nil {
		return err
	}
	if w.HTTPSource, err = http.NewSource(http.Opt{CacheAccessor: w.CacheMgr}); err != nil {
		return err
	}
	blobs, err := containerblob.NewSource(containerblob.SourceOpt{
		ContentStore: w.ContentStore(), CacheAccessor: w.CacheMgr, RegistryHosts: w.RegistryHosts,
	})
	if err != nil {
		return err
	}
	files, err := local.NewSource(local.Opt{CacheAccessor: w.CacheMgr})
	if err != nil {
		return err
	}
	for _, one := range []source.Source{w.ImageSource, w.OCILayoutSource, w.HTTPSource, blobs, files} {
		w.SourceManager.Register(one)
	}
	return addGit(w)
}

// addGit makes git's repositories a source where git is; BuildKit says of others that
// it has none.
func addGit(w *base.Worker) (err error) {
	if path, _ := exec.LookPath("git"); path == "" {
		return nil
	}
	if w.GitSource, err = git.NewSource(git.Opt{CacheAccessor: w.CacheMgr, RegistryHosts: w.RegistryHosts}); err != nil {
		return err
	}
	w.SourceManager.Register(w.GitSource)
	return nil
}

func imageSource(w *base.Worker, hosts docker.RegistryHosts, from containerimage.ResolverType) (*containerimage.Source, error) {
	return containerimage.NewSource(containerimage.SourceOpt{
		Snapshotter: w.Snapshotter, ContentStore: w.ContentStore(), Applier: w.Applier, ImageStore: w.ImageStore,
		CacheAccessor: w.CacheMgr, LeaseManager: w.LeaseManager(), RegistryHosts: hosts, ResolverType: from,
	})
}

// settled is a worker whose platforms are those that it was given. BuildKit would
// find out with every start which others an emulator runs, by ten programs that
// fail one after the other: a RUN for another platform looks for its emulator
// anyway.
type settled struct{ *base.Worker }

// Platforms are the worker's, whatever may have changed.
func (w settled) Platforms(bool) []ocispecs.Platform { return w.Worker.Platforms(false) }

// Exporter is the one that leaves images in the slot, where all else is taken from.
func (w settled) Exporter(name string, sessions *session.Manager) (exporter.Exporter, error) {
	if name != client.ExporterImage {
		return nil, fmt.Errorf("the embedded engine does not export as %q", name)
	}
	writer, err := exportimage.NewImageWriter(exportimage.WriterOpt{
		Snapshotter: w.Snapshotter, ContentStore: w.ContentStore(), Applier: w.Applier, Differ: w.Differ,
	})
	if err != nil {
		return nil, err
	}
	return exportimage.New(exportimage.Opt{
		SessionManager: sessions, ImageWriter: writer, Images: w.ImageStore,
		RegistryHosts: w.RegistryHosts, LeaseManager: w.LeaseManager(),
	})
}
