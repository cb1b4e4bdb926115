package embedded

import (
	"context"
	"errors"
	"net"
	"path/filepath"

	"github.com/containerd/containerd/v2/defaults"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/cache/remotecache/inline"
	cachelocal "github.com/moby/buildkit/cache/remotecache/local"
	cacheregistry "github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
)

// buffer is how much a connection within the process holds, in bytes.
const buffer = 1 << 20

// daemon is what a buildkitd is, in this process: a worker, the controller that
// gives it work, and the service that clients reach over a connection in memory.
type daemon struct {
	worker     *base.Worker
	images     *imageStore
	sessions   *session.Manager
	controller *control.Controller
	cache      solver.CacheManager
	server     *grpc.Server
	listener   *bufconn.Listener
	served     chan error
	databases  closers
}

// startDaemon opens the state in opts.root, which no other process may have open.
func startDaemon(ctx context.Context, opts workerOptions) (*daemon, error) {
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	w, store, err := newWorker(ctx, opts)
	if err != nil {
		return nil, err
	}
	d := &daemon{worker: w, images: store, sessions: sessions, listener: bufconn.Listen(buffer), served: make(chan error, 1)}
	if err := d.control(opts); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	d.server = grpc.NewServer(
		grpc.ChainUnaryInterceptor(quietUnary, grpcerrors.UnaryServerInterceptor),
		grpc.ChainStreamInterceptor(quietStream, grpcerrors.StreamServerInterceptor),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
		grpc.WaitForHandlers(true), // they use what is closed next
	)
	d.controller.Register(d.server)
	go func() { d.served <- d.server.Serve(d.listener) }()
	return d, nil
}

// control makes the part above the worker. The Dockerfile frontend runs in the
// client, and nothing is noted of past builds: evidence is what retort keeps.
func (d *daemon) control(opts workerOptions) error {
	w, sessions := d.worker, d.sessions
	workers := &worker.Controller{}
	if err := workers.Add(settled{w}); err != nil {
		return err
	}
	cache, err := bboltcachestorage.NewStore(filepath.Join(w.Root, "cache.db"))
	if err != nil {
		return err
	}
	history, err := boltutil.SafeOpen(filepath.Join(w.Root, "history.db"), 0o600, emptyBolt())
	if err != nil {
		return errors.Join(err, cache.Close())
	}
	d.databases = closers{w.MetadataStore, w.ContentMetadata, cache, history}
	none := int64(0)
	d.cache = solver.NewCacheManager(context.Background(), "local", cache, worker.NewCacheResultStorage(workers))
	d.controller, err = control.NewController(control.Opt{
		SessionManager:   sessions,
		WorkerController: workers,
		Frontends:        map[string]frontend.Frontend{},
		CacheManager:     d.cache,
		ResolveCacheExporterFuncs: map[string]remotecache.ResolveCacheExporterFunc{
			"registry": cacheregistry.ResolveCacheExporterFunc(sessions, opts.hosts),
			"local":    cachelocal.ResolveCacheExporterFunc(sessions),
			"inline":   inline.ResolveCacheExporterFunc(),
		},
		ResolveCacheImporterFuncs: map[string]remotecache.ResolveCacheImporterFunc{
			"registry": cacheregistry.ResolveCacheImporterFunc(sessions, w.ContentStore(), opts.hosts),
			"local":    cachelocal.ResolveCacheImporterFunc(sessions),
		},
		Entitlements:   []string{"network.host"},
		HistoryDB:      history,
		HistoryConfig:  &config.HistoryConfig{MaxEntries: &none},
		CacheStore:     cache,
		LeaseManager:   w.LeaseManager(),
		ContentStore:   w.ContentStore(),
		GarbageCollect: w.GarbageCollect,
	})
	if err != nil {
		return errors.Join(err, cache.Close(), history.Close())
	}
	return nil
}

// dial connects within the process.
func (d *daemon) dial(ctx context.Context) (net.Conn, error) { return d.listener.DialContext(ctx) }

// close ends what runs and closes the files.
func (d *daemon) close() error {
	d.server.Stop()
	err := <-d.served
	if errors.Is(err, grpc.ErrServerStopped) {
		err = nil
	}
	// The controller would close one after the other, and each waits for the disk.
	return errors.Join(err, d.forget(), d.databases.Close(), d.controller.Close())
}
