package evidence

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	intoto "github.com/in-toto/attestation/go/v1"
)

// sourceName is the name of the source among the resolved dependencies.
const sourceName = "source"

// Source is the commit that an image was built from.
type Source struct {
	Repository string // its URL, without credentials
	Commit     string // full hex hash
	Branch     string // that was built, or empty
	Tag        string // that was built, or points at the commit; or empty
	Modified   bool   // the build saw changes that the commit does not hold
}

// sourceParameters is what of a Source was chosen rather than found.
type sourceParameters struct {
	Repository string `json:"repository,omitempty"`
	Branch     string `json:"branch,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Modified   bool   `json:"modified,omitempty"`
}

func (s Source) parameters() sourceParameters {
	return sourceParameters{s.Repository, s.Branch, s.Tag, s.Modified}
}

func (s Source) check() error {
	raw, err := hex.DecodeString(s.Commit)
	if err != nil || s.Commit != strings.ToLower(s.Commit) || !slices.Contains([]int{0, 20, 32}, len(raw)) {
		return fmt.Errorf("%q is not a full commit hash", s.Commit)
	}
	return nil
}

// descriptor is the commit as SLSA's examples write it, nil when it is unknown.
func (s Source) descriptor() *intoto.ResourceDescriptor {
	if s.Commit == "" {
		return nil
	}
	return &intoto.ResourceDescriptor{Name: sourceName, Uri: s.uri(), Digest: map[string]string{"gitCommit": s.Commit}}
}

// uri is SPDX's form of a place in git.
func (s Source) uri() string {
	switch {
	case s.Repository == "":
		return ""
	case s.Tag != "":
		return "git+" + s.Repository + "@refs/tags/" + s.Tag
	case s.Branch != "":
		return "git+" + s.Repository + "@refs/heads/" + s.Branch
	}
	return "git+" + s.Repository
}

// noPassword refuses a URL with credentials, without repeating them. A user of
// ssh is none, but elsewhere a user is often a token. An ID, and git's short
// form of ssh, are no URLs and have no place for a password.
func noPassword(address string) error {
	if !strings.Contains(address, "://") {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("a URL cannot be read") // err would repeat it
	}
	if u.User == nil {
		return nil
	}
	if _, secret := u.User.Password(); secret || !strings.Contains(u.Scheme, "ssh") {
		return errors.New("a URL at " + u.Host + " holds credentials")
	}
	return nil
}
