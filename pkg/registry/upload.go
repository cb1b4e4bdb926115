package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/retort-ci/retort/pkg/progress"
)

const (
	// smallBlob is the size up to which it is not worth it to keep where an
	// upload has stopped.
	smallBlob = 1 << 20
	// oneGo is the size up to which a blob is sent with the request that
	// commits it. What is larger gets a request of its own first: it is what
	// registries keep most surely when the connection breaks.
	oneGo = 8 << 20
	// chunk is how much is sent at once after a connection has broken, so that
	// a registry that keeps whole requests only keeps that much.
	chunk = 16 << 20
	// maxRestarts is how often an upload begins anew because the registry has
	// lost or garbled it.
	maxRestarts = 1
)

// upload is a blob on its way. What the registry has of it is asked for after
// every failure, and the rest is sent. Whatever it answers: the commit is by
// digest, and is not sent before the digest of all that was read is known.
type upload struct {
	*Client
	task    *task
	repo    name.Repository
	blob    blob
	journal *journal

	at        *url.URL // where the registry wants the bytes; nil before it is begun
	offset    int64    // how much the registry has
	sent      int64    // how much it can have; -1 when another process has sent
	uncertain bool     // offset must be asked for
	resumed   bool     // it was gone on with
	broken    bool     // a connection has failed
	renewed   bool     // the authorization was, since something last arrived
	restarts  int
	complete  bool // the registry turned out to have the blob
	digest    v1.Hash
}

// upload sends the blob, by the session that a mount began if there is one, and
// gives its digest.
func (c *Client) upload(ctx context.Context, t *task, repo name.Repository, b blob, begun *url.URL) (v1.Hash, error) {
	h := c.host(repo)
	slots := h.carried
	if b.size > oneGo || !b.known() {
		slots = h.large
	}
	free, err := slots.take(ctx)
	if err != nil {
		return v1.Hash{}, err
	}
	defer free()
	u := &upload{Client: c, task: t, repo: repo, blob: b, at: begun, journal: c.openJournal(repo, b)}
	defer u.journal.close()
	if kept := u.journal.location(); kept != nil && begun == nil {
		u.at, u.uncertain, u.sent, u.resumed = kept, true, -1, true
	}
	a := attempt{doing: "upload to", ref: u.ref(), repo: repo, scope: transport.PushScope}
	ctx, done := u.unlessThere(ctx)
	defer done()
	err = u.run(ctx, c.patience(a))
	if errors.Is(context.Cause(ctx), errThere) {
		u.complete, err = true, u.blob.learn()
		u.digest = u.blob.digest
	}
	if err == nil || errors.Is(err, ErrCorrupt) {
		u.journal.remove()
	}
	if err != nil {
		return v1.Hash{}, c.explain(a, err)
	}
	status := progress.Done
	if u.complete {
		status = progress.Skipped
	}
	t.blob(u.digest.String(), status)
	return u.digest, nil
}

// run tries until the blob is there or it makes no sense to try.
func (u *upload) run(ctx context.Context, p *patience) error {
	for {
		before := u.offset
		err := u.attempt(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrCorrupt) || ctx.Err() != nil:
			return err
		case u.garbled(err) && u.restarts < maxRestarts:
			u.restart(err)
			continue
		case status(err) == http.StatusUnauthorized && !u.renewed:
			u.renewed = true // the answer to a body that cannot be sent twice
		default:
			if u.offset > before {
				p.gotOn()
			}
			if err := p.wait(ctx, err); err != nil {
				return err
			}
			u.broken = true
		}
		u.uncertain = u.at != nil
	}
}

// attempt goes on from where the upload stands to its end.
func (u *upload) attempt(ctx context.Context) error {
	if err := u.blob.learn(); err != nil {
		return err
	}
	u.digest = u.blob.digest
	if u.uncertain {
		if err := u.locate(ctx); err != nil || u.complete {
			return err
		}
	}
	source := u.openAhead(ctx)
	if u.at == nil {
		if err := u.begin(ctx); err != nil {
			(<-source).close()
			return err
		}
	}
	if err := u.send(ctx, <-source); err != nil {
		return err
	}
	if !u.resumed {
		return nil
	}
	if err := u.blob.wait(ctx); err != nil {
		return err
	}
	has, err := u.hasBlob(ctx, u.repo, transport.PushScope, u.blob.digest, u.blob.size)
	if err == nil && !has {
		err = errGarbled
	}
	return err
}

// begin opens a session.
func (u *upload) begin(ctx context.Context) error {
	k := uploadCall(http.MethodPost, u.repo)
	k.path, k.want = "blobs/uploads/", []int{http.StatusAccepted}
	resp, err := u.do(ctx, k)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	at, err := locationOf(resp)
	if err != nil {
		return err
	}
	u.at, u.offset, u.sent = at, 0, 0
	u.journal.keep(u.repo, u.blob, at)
	return nil
}

func (u *upload) name() string {
	switch {
	case u.blob.known():
		return u.blob.digest.String()
	case u.blob.late != nil:
		if diffID, err := u.blob.late.DiffID(); err == nil {
			return diffID.String()
		}
	}
	return "a layer"
}

func (u *upload) ref() fmt.Stringer {
	if !u.blob.known() {
		return u.repo
	}
	return u.repo.Digest(u.blob.digest.String())
}

func uploadCall(method string, repo name.Repository) call {
	return call{method: method, repo: repo, scope: transport.PushScope, header: http.Header{}}
}
