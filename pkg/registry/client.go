package registry

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/retort-ci/retort/pkg/progress"
)

// DefaultJobs is how many blobs are moved at once when nobody says otherwise.
const DefaultJobs = 4

// Options are the choices of New. The zero value works.
type Options struct {
	Keychain  authn.Keychain    // where credentials come from; nil: the docker config, then podman's file
	PlainHTTP []string          // host or host:port that may be spoken to without TLS, besides loopback
	Transport http.RoundTripper // nil: one of the client's own
	UserAgent string            // put before go-containerregistry's
	Jobs      int               // blobs moved at once; DefaultJobs when zero
	Stage     string            // set on progress events, see With
	Progress  progress.Sink     // nil discards
	Logger    *slog.Logger      // nil discards
}

// Client talks to registries. It is safe for concurrent use. Nothing is
// connected before a method needs it, and credentials are only ever read.
type Client struct {
	keychain  authn.Keychain
	plain     plainHosts
	transport http.RoundTripper
	agent     string
	jobs      int
	stage     string
	subject   string
	sink      progress.Sink
	log       *slog.Logger

	puller   func() (*remote.Puller, error) // remembers tokens by repository
	subjects *keyedLock                     // one writer of referrers per subject
}

// New gives a client. It cannot fail, and it connects to nothing.
func New(opts Options) *Client {
	c := &Client{
		keychain: credentials(opts.Keychain),
		plain:    plainHosts(opts.PlainHTTP),
		agent:    opts.UserAgent,
		jobs:     opts.Jobs,
		stage:    opts.Stage,
		sink:     progress.Or(opts.Progress),
		log:      opts.Logger,
		subjects: &keyedLock{},
	}
	if c.jobs <= 0 {
		c.jobs = DefaultJobs
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	next := opts.Transport
	if next == nil {
		next = newTransport()
	}
	c.transport = guard{next: next, plain: c.plain}
	c.puller = c.newPuller()
	return c
}

// With gives a client that tells its progress in the stage and about the
// subject (a service, say). It shares everything else with c.
func (c *Client) With(stage, subject string) *Client {
	clone := *c
	clone.stage, clone.subject = stage, subject
	clone.puller = clone.newPuller()
	return &clone
}

// Close gives idle connections back. The client can still be used after it.
func (c *Client) Close() {
	(&http.Client{Transport: c.transport}).CloseIdleConnections()
}

// newPuller makes the reader of manifests and blobs on first use.
func (c *Client) newPuller() func() (*remote.Puller, error) {
	return sync.OnceValues(func() (*remote.Puller, error) {
		return remote.NewPuller(c.remote(c.transport)...)
	})
}

// newPusher makes a writer that is used for one operation only: a Pusher never
// asks twice whether a registry has a blob, and so would go wrong when the
// registry has lost it meanwhile.
func (c *Client) newPusher(t *task) (*remote.Pusher, error) {
	return remote.NewPusher(c.remote(watch{next: c.transport, task: t})...)
}

// remote gives go-containerregistry's options for a session over transport.
func (c *Client) remote(transport http.RoundTripper) []remote.Option {
	opts := []remote.Option{
		remote.WithTransport(transport),
		remote.WithAuthFromKeychain(c.keychain),
		remote.WithJobs(c.jobs),
		remote.WithRetryBackoff(backoff()),
		remote.WithRetryPredicate(c.retry),
		remote.WithRetryStatusCodes(transientCodes()...),
	}
	if c.agent != "" {
		opts = append(opts, remote.WithUserAgent(c.agent))
	}
	return opts
}

// tag is a reference to the tag in repo.
func (c *Client) tag(repo name.Repository, tag string) (name.Reference, error) {
	return c.parse(repo.Name() + ":" + tag)
}
