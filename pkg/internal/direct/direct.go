// Package direct lets HTTP clients call a handler in their own process, without
// a network: in a synctest bubble the clock then jumps over every wait. It is for
// tests.
package direct

import (
	"net/http"
	"net/http/httptest"
)

// Transport asks Answer first, where there is one. It is true when it has
// answered; else Next does.
type Transport struct {
	Next   http.Handler
	Answer func(w http.ResponseWriter, r *http.Request) bool
}

var _ http.RoundTripper = Transport{}

// RoundTrip gives the handler's answer, or the error of a context that has ended.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a client may wait for it
		}
		return nil, err
	}
	served := req.Clone(req.Context())
	served.RequestURI = req.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	if t.Answer == nil || !t.Answer(recorder, served) {
		t.Next.ServeHTTP(recorder, served)
	}
	_ = served.Body.Close()
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}
