package retort

import (
	"slices"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// gates are what the project file asks of a digest that is to enter the
// environment.
func (p *Pipeline) gates(env project.Environment) ([]promote.Gate, error) {
	heard := &witness{p: p, keys: env.SignedBy}
	gates := []promote.Gate{promote.Requires{
		Suites: func(service string) []string { return p.required(env, service) },
		Passed: heard.passedSuites, Uncounted: heard.uncounted, Signed: env.SignedBy != nil,
	}}
	if env.SignedBy != nil {
		gates = append(gates, heard.signedBy())
	}
	if env.After != "" {
		after, err := p.after(env)
		if err != nil {
			return nil, err
		}
		gates = append(gates, after)
	}
	if len(env.Branches)+len(env.Tags) > 0 {
		gates = append(gates, promote.Source{Branches: env.Branches, Tags: env.Tags, Provenance: heard.builtFrom})
	}
	gates = append(gates, freezes(env)...)
	if env.Exec != nil {
		gates = append(gates, promote.Exec{
			Command: env.Exec.Command, Limit: env.Exec.Timeout, Dir: p.Project.Dir, Env: p.opts.Env,
			Secrets: mask.NewSet(append(p.Secrets(), p.secretVariables()...)...),
		})
	}
	return gates, nil
}

// rollbackGates are those that hold in a hurry too: what a digest once needed to
// enter it need not show again.
func (p *Pipeline) rollbackGates(env project.Environment, reg *registry.Client) []promote.Gate {
	gates := append([]promote.Gate{promote.Whole{Check: reg.Whole}}, freezes(env)...)
	if env.SignedBy != nil { // a key that is no longer trusted vouches for nothing
		gates = append(gates, (&witness{p: p, keys: env.SignedBy}).signedBy())
	}
	return gates
}

// mayLeaveReferrers refuses to leave signatures behind where a rollback will ask
// for them: none could ever pass.
func (p *Pipeline) mayLeaveReferrers(env project.Environment, names []string) error {
	if env.SignedBy == nil {
		return nil
	}
	services, err := p.deployable(names)
	if err != nil {
		return err
	}
	for _, s := range services {
		repository, _, err := env.Target(s, p.Project.Name)
		if err != nil {
			return err
		}
		if repository != s.Image {
			return fault.New(fault.Usage, "leave --no-referrers out",
				"%s has signed-by, which reads evidence in the environment's repository: %s would have none in %s", env.Name, s.Name, repository)
		}
	}
	return nil
}

func (p *Pipeline) after(env project.Environment) (promote.After, error) {
	before, err := p.Project.Environment(env.After)
	if err != nil {
		return promote.After{}, err
	}
	return promote.After{
		Registry: p.registry.With("promote", ""), Environment: before.Name, Soak: env.Soak,
		Where: func(service string) (string, string, error) {
			s, err := p.Project.Service(service)
			if err != nil {
				return "", "", err
			}
			return before.Target(s, p.Project.Name)
		},
		Vouched: p.vouchedIn(before, env), Keys: keyNames(env.SignedBy),
	}, nil
}

func freezes(env project.Environment) []promote.Gate {
	if len(env.Freeze) == 0 {
		return nil
	}
	return []promote.Gate{promote.Freeze{Windows: env.Freeze}}
}

// required are the suites that must have passed: of those that verify the
// service the ones that the environment names, or all. When it names some and
// none of them verifies the service, nothing can satisfy it, rather than anything.
func (p *Pipeline) required(env project.Environment, service string) []string {
	var names []string
	for _, s := range p.Project.SuitesFor(service) {
		if env.Requires == nil || slices.Contains(env.Requires, s.Name) {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return env.Requires
	}
	return names
}
