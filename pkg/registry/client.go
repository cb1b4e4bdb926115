package registry

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

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
	Jobs      int               // large blobs moved at once to one registry; DefaultJobs when zero
	RetryFor  time.Duration     // how long a request that fails is tried again; DefaultRetryFor when zero, below zero not at all
	CacheDir  string            // where it is kept how far uploads are, to go on with after a kill; empty: nowhere
	// HelperLimit is how long a credential helper may take; 30 seconds when zero.
	HelperLimit time.Duration
	// OnSecret is told of every password and token, for whoever shows output. It
	// must be safe for concurrent use.
	OnSecret func(string)
	Stage    string        // set on progress events, see With
	Progress progress.Sink // nil discards
	Logger   *slog.Logger  // nil discards
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
	secret    func(string) // told of tokens
	retryFor  time.Duration
	cache     string
	idle      func() // closes idle connections

	hosts    *hosts     // what was learned of registries
	subjects *keyedLock // one writer of referrers per subject
}

// New gives a client. It cannot fail, and it connects to nothing.
func New(opts Options) *Client {
	c := &Client{
		keychain: credentials(opts.Keychain, opts.HelperLimit, opts.OnSecret),
		plain:    plainHosts(opts.PlainHTTP),
		agent:    opts.UserAgent,
		jobs:     opts.Jobs,
		stage:    opts.Stage,
		sink:     progress.Or(opts.Progress),
		log:      opts.Logger,
		secret:   opts.OnSecret,
		retryFor: cmp.Or(opts.RetryFor, DefaultRetryFor),
		cache:    opts.CacheDir,
		hosts:    &hosts{known: map[string]*host{}},
		subjects: &keyedLock{},
	}
	if c.jobs <= 0 {
		c.jobs = DefaultJobs
	}
	if c.secret == nil {
		c.secret = func(string) {}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	next := opts.Transport
	if next == nil {
		next = newTransport()
	}
	c.idle = (&http.Client{Transport: next}).CloseIdleConnections
	next = stallGuard{next: headGuard{next}, silence: silence, thinking: thinking}
	c.transport = transport.NewUserAgent(guard{next: next, plain: c.plain}, c.agent)
	return c
}

// With gives a client that tells its progress in the stage and about the
// subject (a service, say). It shares everything else with c.
func (c *Client) With(stage, subject string) *Client {
	clone := *c
	clone.stage, clone.subject = stage, subject
	return &clone
}

// Close gives idle connections back. The client can still be used after it.
func (c *Client) Close() {
	c.idle()
}

// warn tells something that the user should know.
func (c *Client) warn(text string) {
	c.sink.Emit(progress.Event{Kind: progress.Warning, Stage: c.stage, Subject: c.subject, Text: text})
}

// note tells something that is worth a line.
func (c *Client) note(text string) {
	c.sink.Emit(progress.Event{Kind: progress.Note, Stage: c.stage, Subject: c.subject, Text: text})
}

// tag is a reference to the tag in repo.
func (c *Client) tag(repo name.Repository, tag string) (name.Reference, error) {
	return c.parse(repo.Name() + ":" + tag)
}
