package ci

import (
	"encoding/json"
	"io"
	"os"
	"strings"
)

// maxEvent bounds what is read of the event's file. GitHub's own limit for a
// webhook is 25 MB.
const maxEvent = 25 << 20

// githubEvent is the part of a pull request event's payload that we read.
type githubEvent struct {
	Number      int
	PullRequest struct {
		Head struct {
			Repo struct {
				FullName string `json:"full_name"` // none when the fork was deleted
			}
		}
	} `json:"pull_request"`
}

// readGitHubEvent learns from the event's file what the variables do not say:
// where a pull request comes from, and its number under pull_request_target.
// Whatever cannot be read is not known, and a fork it stays.
func (e *Environment) readGitHubEvent(path string, get vars) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	var event githubEvent
	if err := json.NewDecoder(io.LimitReader(f, maxEvent)).Decode(&event); err != nil {
		return
	}
	if e.PullRequest == 0 && event.Number > 0 {
		e.PullRequest = event.Number
	}
	from := event.PullRequest.Head.Repo.FullName
	if from != "" && strings.EqualFold(from, e.Slug) {
		e.Fork = false
		e.Secrets = decide(get, github().secrets, true)
	}
}
