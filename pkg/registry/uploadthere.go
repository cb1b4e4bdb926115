package registry

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// errThere calls an upload off.
var errThere = errors.New("the registry has the blob")

// unlessThere calls the upload of a late layer off when the layer turns out to
// be one that the repository has: over most wires, its digest is known long
// before its last byte is sent.
func (u *upload) unlessThere(ctx context.Context) (_ context.Context, done func()) {
	if u.blob.known() || u.blob.late == nil {
		return ctx, func() {}
	}
	within, stop := context.WithCancelCause(ctx)
	b := u.blob // the upload has its own
	go func() {
		if b.wait(within) != nil {
			return
		}
		has, err := u.hasBlob(within, u.repo, transport.PushScope, b.digest, b.size)
		if err == nil && has {
			stop(errThere)
		}
	}()
	return within, func() { stop(nil) }
}
