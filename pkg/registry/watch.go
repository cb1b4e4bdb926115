package registry

import (
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/retort-ci/retort/pkg/progress"
)

// watch tells a task what its requests do to blobs: which the registry had,
// which it mounted, which were sent and how many bytes went. The library's own
// progress channel knows of bytes only, and blocks or panics when a request
// outlives the push.
type watch struct {
	next http.RoundTripper
	task *task
}

func (w watch) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPatch && req.Body != nil {
		req = w.count(req)
	}
	resp, err := w.next.RoundTrip(req)
	if err == nil {
		w.tell(req, resp.StatusCode)
	}
	return resp, err
}

// count gives a request whose body tells how much of it was read.
func (w watch) count(req *http.Request) *http.Request {
	counted := *req // a RoundTripper must not change its request
	counted.Body = counter{req.Body, w.task}
	if req.GetBody != nil {
		counted.GetBody = func() (io.ReadCloser, error) {
			body, err := req.GetBody()
			return counter{body, w.task}, err
		}
	}
	return &counted
}

// tell recognises the requests of a blob's upload (distribution-spec, end-2,
// end-4 to end-6 and end-11).
func (w watch) tell(req *http.Request, status int) {
	query := req.URL.Query()
	switch {
	case req.Method == http.MethodHead && status == http.StatusOK && path.Base(path.Dir(req.URL.Path)) == "blobs":
		w.task.blob(path.Base(req.URL.Path), progress.Skipped)
	case status != http.StatusCreated || strings.Contains(req.URL.Path, "/manifests/"):
	case req.Method == http.MethodPost && query.Has("mount"):
		w.task.blob(query.Get("mount"), progress.Mounted)
	case req.Method == http.MethodPut && query.Has("digest"):
		w.task.blob(query.Get("digest"), progress.Done)
	}
}

// counter tells the task what is read from a body.
type counter struct {
	io.ReadCloser
	task *task
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.task.moved(n)
	return n, err
}
