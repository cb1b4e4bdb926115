package project

import (
	"errors"
	"fmt"
	"strings"
	"text/template"

	"github.com/retort-ci/retort/pkg/fault"
)

// TagNames are what the template of an image tag may use. What this build does
// not have is empty.
type TagNames struct {
	Branch      string
	Tag         string // of git, as it is: v1.4.2
	Version     string // 1.4.2, 1.5.0-rc.1
	Minor       string // 1.4, for the newest release of it alone
	Major       string // 1, likewise
	Latest      string // "latest", for the newest release of all
	PullRequest string // its number
	Commit      string // the whole hash
	ShortCommit string // twelve digits of it
	BuildNumber string
}

// errAbsent ends a template that uses what the build does not have.
var errAbsent = errors.New("this build has none")

// ExpandTag executes the template of a tag. ok is false where it uses what this
// build does not have: "{{.Version}}-alpine" is for releases, and "-alpine" is
// nothing that anyone meant.
func ExpandTag(text string, names TagNames) (tag string, ok bool, err error) {
	const hint = "tags know {{.Branch}}, {{.Tag}}, {{.Version}}, {{.Minor}}, {{.Major}}, {{.Latest}}, " +
		"{{.PullRequest}}, {{.Commit}}, {{.ShortCommit}} and {{.BuildNumber}}"
	t, err := template.New("template").Parse(text)
	if err != nil {
		return "", false, fault.Wrap(fault.Usage, fmt.Errorf("parse %q: %w", text, err), hint)
	}
	var out strings.Builder
	err = t.Execute(&out, tagData{names})
	if errors.Is(err, errAbsent) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fault.Wrap(fault.Usage, fmt.Errorf("execute %q: %w", text, err), hint)
	}
	return out.String(), true, nil
}

// tagData is what the template sees.
type tagData struct{ names TagNames }

func present(value string) (string, error) {
	if value == "" {
		return "", errAbsent
	}
	return value, nil
}

// The template's fields.

func (d tagData) Branch() (string, error)      { return present(d.names.Branch) }
func (d tagData) Tag() (string, error)         { return present(d.names.Tag) }
func (d tagData) Version() (string, error)     { return present(d.names.Version) }
func (d tagData) Minor() (string, error)       { return present(d.names.Minor) }
func (d tagData) Major() (string, error)       { return present(d.names.Major) }
func (d tagData) Latest() (string, error)      { return present(d.names.Latest) }
func (d tagData) PullRequest() (string, error) { return present(d.names.PullRequest) }
func (d tagData) Commit() (string, error)      { return present(d.names.Commit) }
func (d tagData) ShortCommit() (string, error) { return present(d.names.ShortCommit) }
func (d tagData) BuildNumber() (string, error) { return present(d.names.BuildNumber) }

// tags tries every template on a build that has everything.
func (c checker) tags() {
	const n = "0123456789012345678901234567890123456789" // of the length of a hash
	sample := TagNames{
		Branch: n, Tag: n, Version: n, Minor: n, Major: n, Latest: n,
		PullRequest: n, Commit: n, ShortCommit: n[:12], BuildNumber: n,
	}
	for i, text := range c.project.Tags {
		if text == "" {
			continue // told when it was read
		}
		tag, _, err := ExpandTag(text, sample)
		if err == nil && len(c.unset) == 0 {
			err = checkTag(tag[:min(len(tag), maxTag)]) // one that is too long is made shorter
		}
		if err != nil {
			at := c.report.places.item(i, extension, "tags")
			c.report.hint(fault.HintOf(err), at, "x-retort.tags: %v", err)
		}
	}
}

// maxTag is the length that distribution-spec allows.
const maxTag = 128
