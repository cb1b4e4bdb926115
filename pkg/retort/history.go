package retort

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// History gives the records of an environment, newest first, of all services
// or of those named; limit of them at most, all when it is 0. Records that
// could not be read are in the error, beside those that could.
func (p *Pipeline) History(ctx context.Context, environment string, limit int, services ...string) ([]registry.Record, error) {
	env, err := p.Project.Environment(environment)
	if err != nil {
		return nil, err
	}
	chosen, err := p.repositories(env, services...)
	if err != nil {
		return nil, err
	}
	all, err := p.repositories(env)
	if err != nil {
		return nil, err
	}
	var records []registry.Record
	var errs *multierror.Error
	for _, repository := range slices.Sorted(maps.Keys(chosen)) {
		names, most := chosen[repository], limit
		shared := len(all[repository]) > len(names)
		if shared {
			most = 0 // the newest may all be of others
		}
		found, err := p.registry.History(ctx, repository, env.Name, most)
		if shared {
			found = slices.DeleteFunc(found, func(r registry.Record) bool { return !slices.Contains(names, r.Service) })
		}
		records = append(records, found...)
		if err != nil {
			errs = multierror.Append(errs, err)
		}
	}
	slices.SortStableFunc(records, func(a, b registry.Record) int { return b.Time.Compare(a.Time) })
	if limit > 0 && len(records) > limit {
		records = records[:limit]
	}
	return records, many.Errors(errs)
}

// repositories gives those of the environment, each with the services in it:
// of all deployable services, or of those named.
func (p *Pipeline) repositories(env project.Environment, services ...string) (map[string][]string, error) {
	chosen, err := p.Project.Select(services...)
	if err != nil {
		return nil, err
	}
	in := map[string][]string{}
	for _, s := range chosen {
		repository, _, err := env.Target(s, p.Project.Name)
		if err != nil {
			return nil, err
		}
		in[repository] = append(in[repository], s.Name)
	}
	return in, nil
}
