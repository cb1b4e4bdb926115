package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/diff/apply"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	snapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/util/winlayers"
	"github.com/moby/buildkit/worker/base"
	wlabel "github.com/moby/buildkit/worker/label"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// workerOptions are where a worker keeps its state and what it works with.
type workerOptions struct {
	root         string // directory of the slot
	snapshotter  string
	cgroupParent string
	hosts        docker.RegistryHosts
}

// newWorker opens a worker as BuildKit's runc.NewWorkerOpt makes one, without the
// proxy for RUN instructions: that makes an RSA key at every start.
func newWorker(ctx context.Context, opts workerOptions) (*base.Worker, *imageStore, error) {
	// One snapshotter's snapshots are nothing to another.
	root := filepath.Join(opts.root, opts.snapshotter)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, nil, err
	}
	opt, err := processes(root, opts)
	if err != nil {
		return nil, nil, err
	}
	opt.Root, opt.MountPoolRoot = root, filepath.Join(root, "cachemounts")
	opt.Labels = map[string]string{wlabel.Executor: "oci", wlabel.Snapshotter: opts.snapshotter, wlabel.Network: "host"}
	opt.Platforms = []ocispecs.Platform{platforms.Normalize(platforms.DefaultSpec())}
	opt.RegistryHosts = opts.hosts
	store, err := stores(ctx, &opt, root, opts.snapshotter)
	if err != nil {
		return nil, nil, err
	}
	if opt.ID, err = base.ID(root); err != nil {
		return nil, nil, errors.Join(err, closeStores(opt))
	}
	worker, err := assemble(ctx, opt)
	if err != nil {
		return nil, nil, errors.Join(err, closeStores(opt))
	}
	return worker, store, nil
}

// processes gives the options by which RUN instructions run. They share the
// network of this process, or have none.
func processes(root string, opts workerOptions) (opt base.WorkerOpt, err error) {
	opt.NetworkProviders = map[pb.NetMode]network.Provider{
		pb.NetMode_UNSET: network.NewHostProvider(),
		pb.NetMode_HOST:  network.NewHostProvider(),
		pb.NetMode_NONE:  network.NewNoneProvider(),
	}
	if opt.ResourceMonitor, err = resources.NewMonitor(); err != nil {
		return opt, err
	}
	opt.Executor, err = newExecutor(root, opts, opt)
	return opt, err
}

func newExecutor(root string, opts workerOptions, opt base.WorkerOpt) (executor.Executor, error) {
	return runcexecutor.New(runcexecutor.Opt{
		Root:                filepath.Join(root, "executor"),
		CommandCandidates:   []string{"runc"},
		Rootless:            !ownsNetwork(),
		ProcessMode:         oci.ProcessSandbox,
		DefaultCgroupParent: opts.cgroupParent,
		ResourceMonitor:     opt.ResourceMonitor,
	}, opt.NetworkProviders)
}

// contentDir is where a slot keeps its blobs.
const contentDir = "content"

// stores opens what the worker keeps: blobs, snapshots, and the databases that
// say what they are.
func stores(ctx context.Context, opt *base.WorkerOpt, root, snapshotter string) (*imageStore, error) {
	blobs, err := local.NewStore(filepath.Join(root, contentDir))
	if err != nil {
		return nil, err
	}
	sn, err := openSnapshotter(snapshotter, root)
	if err != nil {
		return nil, err
	}
	db, err := boltutil.Open(filepath.Join(root, "containerdmeta.db"), 0o600, fastBolt())
	if err != nil {
		return nil, errors.Join(err, sn.Close())
	}
	// BuildKit closes the one that it knows of; the other would stay locked.
	opt.ContentMetadata = closers{db, sn}
	mdb := ctdmetadata.NewDB(db, blobs, map[string]snapshots.Snapshotter{snapshotter: sn})
	if err := mdb.Init(ctx); err != nil {
		return nil, errors.Join(err, opt.ContentMetadata.Close())
	}
	if opt.MetadataStore, err = openMetadata(root); err != nil {
		return nil, errors.Join(err, opt.ContentMetadata.Close())
	}
	content := snapshot.NewContentStore(mdb.ContentStore(), namespace)
	opt.ContentStore = content
	opt.Snapshotter = snapshot.NewSnapshotter(snapshotter, mdb.Snapshotter(snapshotter), namespace, nil)
	opt.Applier = winlayers.NewFileSystemApplierWithWindows(content, apply.NewFileSystemApplier(content))
	opt.Differ = winlayers.NewWalkingDiffWithWindows(content, walking.NewWalkingDiff(content))
	store := &imageStore{Store: ctdmetadata.NewImageStore(mdb)}
	opt.ImageStore = store
	opt.LeaseManager = leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(mdb), namespace)
	opt.GarbageCollect = mdb.GarbageCollect
	return store, nil
}

// closeStores is for a worker that did not come to be.
func closeStores(opt base.WorkerOpt) error {
	return errors.Join(opt.MetadataStore.Close(), opt.ContentMetadata.Close())
}
