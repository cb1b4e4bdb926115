package retort

import (
	"context"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// Behind is how far what an environment runs is behind what could follow it.
type Behind struct {
	// Of is the environment that digests come from, and Count the records there
	// since the newest about this digest. For the first environment Of is HEAD, of
	// the checkout, and Count the commits that the image was built without.
	Of    string `json:"of"`
	Count int    `json:"count"`
}

// compare fills in how far each of the answers is behind.
func (p *Pipeline) compare(ctx context.Context, answers []Status) error {
	var g multierror.Group
	ahead := map[string]*Behind{} // by commit
	for i := range answers {
		st := &answers[i]
		if st.Digest == "" {
			continue
		}
		env, err := p.Project.Environment(st.Environment)
		if err != nil {
			return err
		}
		if env.After == "" {
			if _, asked := ahead[st.Commit]; !asked {
				ahead[st.Commit] = p.behindHead(ctx, st.Commit)
			}
			st.Behind = ahead[st.Commit]
			continue
		}
		if digestIn(answers, st.Service, env.After) == st.Digest {
			st.Behind = &Behind{Of: env.After}
			continue
		}
		g.Go(func() (err error) {
			st.Behind, err = p.behind(ctx, st.Service, st.Digest, env)
			return err
		})
	}
	return many.Errors(g.Wait())
}

// digestIn is what the environment runs of the service. It copies no answer:
// others may be filling in how far those are behind.
func digestIn(answers []Status, service, environment string) string {
	for i := range answers {
		if a := &answers[i]; a.Service == service && a.Environment == environment {
			return a.Digest
		}
	}
	return ""
}

func (p *Pipeline) behindHead(ctx context.Context, commit string) *Behind {
	n, ok := ci.CommitsSince(ctx, p.Project.Dir, commit)
	if !ok {
		return nil
	}
	return &Behind{Of: "HEAD", Count: n}
}

// behind counts the records of the environment before; nil when none of them is
// about the digest.
func (p *Pipeline) behind(ctx context.Context, service, digest string, env project.Environment) (*Behind, error) {
	before, err := p.Project.Environment(env.After)
	if err != nil {
		return nil, err
	}
	s, err := p.Project.Service(service)
	if err != nil {
		return nil, err
	}
	repository, _, err := before.Target(s, p.Project.Name)
	if err != nil {
		return nil, err
	}
	records, err := p.registry.History(ctx, repository, before.Name, 0)
	records = slices.DeleteFunc(records, func(r registry.Record) bool { return r.Service != service })
	newest := slices.IndexFunc(records, func(r registry.Record) bool { return r.Digest == digest })
	if newest < 0 {
		return nil, err
	}
	return &Behind{Of: before.Name, Count: newest}, err
}
