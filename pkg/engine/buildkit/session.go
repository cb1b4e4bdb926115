package buildkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/session/grpchijack"

	"github.com/retort-ci/retort/pkg/engine"
)

// shared is a session that concurrent builds of one context have in common. A
// session's ID is part of what a local source is: with one session, the same
// instructions over the same files are one node of the daemon's graph. With a
// session each, Engine 20.10 runs them side by side, and later builds find now
// this result of theirs and now that, so that an image's ID is not stable.
type shared struct {
	session *session.Session
	dirs    *dirs
	users   int // builds that hold it; guarded by sessions.mu
	// follow ends a build's context when the session's connection is lost.
	follow func(cancel context.CancelCauseFunc) (stop func() bool)
	cancel context.CancelCauseFunc
}

// sessions are the shared sessions by what they serve.
type sessions struct {
	mu   sync.Mutex
	open map[string]*shared
}

// join gives the session for the spec, opening it for the first build that
// needs it, and the function that leaves it.
func (c *Client) join(ctx context.Context, spec engine.BuildSpec) (*shared, func(), error) {
	key := sessionKey(spec)
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	s, ok := c.sessions.open[key]
	if !ok {
		var err error
		if s, err = c.openSession(ctx, spec); err != nil {
			return nil, nil, err
		}
		if c.sessions.open == nil {
			c.sessions.open = map[string]*shared{}
		}
		c.sessions.open[key] = s
	}
	s.users++
	return s, func() { c.leave(key, s) }, nil
}

func (c *Client) leave(key string, s *shared) {
	c.sessions.mu.Lock()
	defer c.sessions.mu.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	delete(c.sessions.open, key)
	_ = s.session.Close()
	s.cancel(context.Canceled)
}

// openSession starts a session that outlives the build which opens it.
func (c *Client) openSession(ctx context.Context, spec engine.BuildSpec) (*shared, error) {
	ended, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	// The shared key lets the daemon send only what changed in the context
	// since the last build, also between processes.
	inner, err := session.NewSession(ended, keyOf(spec.Context))
	if err != nil {
		cancel(err)
		return nil, err
	}
	s := &shared{session: inner, dirs: &dirs{}, cancel: cancel, follow: func(cancel context.CancelCauseFunc) func() bool {
		return context.AfterFunc(ended, func() { cancel(context.Cause(ended)) })
	}}
	attachables, err := c.attachables(spec)
	if err != nil {
		cancel(err)
		return nil, err
	}
	inner.Allow(filesync.NewFSSyncProvider(s.dirs))
	for _, a := range attachables {
		inner.Allow(a)
	}
	dial := c.opts.Session
	if dial == nil {
		dial = grpchijack.Dialer(c.conn.ControlClient())
	}
	go func() {
		err := inner.Run(ended, dial)
		cancel(errors.Join(errSessionEnded, err))
	}()
	return s, nil
}

// errSessionEnded is why builds over a session end when its connection does.
var errSessionEnded = fmt.Errorf("session: %w", engine.ErrUnavailable)

// sessionKey tells builds apart that must not share a session: "context" is
// one directory in it, and a secret's ID has one value.
func sessionKey(spec engine.BuildSpec) string {
	parts := []string{spec.Context}
	for _, name := range slices.Sorted(maps.Keys(spec.Contexts)) {
		parts = append(parts, name, spec.Contexts[name])
	}
	for _, s := range spec.Secrets {
		parts = append(parts, s.ID, s.File, s.Env)
	}
	for _, s := range spec.SSH {
		parts = append(parts, "ssh", s.ID, s.Path)
	}
	parts = append(append(append(parts, "from"), spec.CacheFrom...), "to")
	return keyOf(append(parts, spec.CacheTo...)...)
}

// keyOf is a short name for strings of any length.
func keyOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
