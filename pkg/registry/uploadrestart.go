package registry

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// errGarbled is for uploads that cannot be gone on with.
var errGarbled = errors.New("the registry has lost its place in the upload")

// garbled says whether the registry's idea of the upload and ours have come
// apart, so that only a new one can be right.
func (u *upload) garbled(err error) bool {
	if errors.Is(err, errGarbled) || status(err) == http.StatusRequestedRangeNotSatisfiable {
		return true
	}
	if coded(err, transport.BlobUploadUnknownErrorCode, transport.BlobUploadInvalidErrorCode) {
		return true
	}
	return u.resumed && (status(err) == http.StatusNotFound || coded(err, transport.DigestInvalidErrorCode, transport.SizeInvalidErrorCode))
}

func (u *upload) restart(err error) {
	u.restarts++
	u.note(fmt.Sprintf("upload of %s to %s begins anew: %v", short(u.name()), show(u.repo), err))
	u.forget()
}

// forget drops the session: the next attempt begins another.
func (u *upload) forget() {
	u.at, u.offset, u.sent, u.uncertain, u.resumed = nil, 0, 0, false, false
	u.journal.remove()
}
