package docker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// Where the answer to a creation was lost, the volume of that name is removed if
// it is the one that was asked for. Another's keeps what is in it.
func TestVolumeWithoutAnAnswer(t *testing.T) {
	for name, ours := range map[string]bool{"ours": true, "another's": false} {
		t.Run(name, func(t *testing.T) {
			var labels atomic.Value
			var removed atomic.Bool
			e := fake(t, map[string]http.HandlerFunc{
				"POST /volumes/create": func(_ http.ResponseWriter, r *http.Request) {
					var request struct{ Labels map[string]string }
					if err := json.NewDecoder(r.Body).Decode(&request); err != nil || !ours {
						request.Labels = map[string]string{"run": "1"}
					}
					labels.Store(request.Labels)
					panic(http.ErrAbortHandler) // closes the connection
				},
				"GET /volumes/unit": func(w http.ResponseWriter, _ *http.Request) {
					text, err := json.Marshal(labels.Load())
					if err != nil {
						text = []byte("null")
					}
					answer(w, http.StatusOK, fmt.Sprintf(`{"Name":"unit","Labels":%s}`, text))
				},
				"DELETE /volumes/unit": func(w http.ResponseWriter, _ *http.Request) {
					removed.Store(true)
					w.WriteHeader(http.StatusNoContent)
				},
			})
			_, err := e.CreateVolume(t.Context(), engine.VolumeSpec{Name: "unit", Labels: map[string]string{"run": "1"}})
			wantAway(t, err, "tcp://")
			if removed.Load() != ours {
				t.Errorf("removed: %v, want %v", removed.Load(), ours)
			}
		})
	}
}
