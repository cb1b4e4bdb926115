package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// VerifyOptions are the choices of Verify.
type VerifyOptions struct {
	Ref  string      // repository@digest, repository:tag, or a service of the project
	Env  string      // the environment whose gates are asked; all when empty
	Keys bundle.Keys // of signers, besides those that environments name
}

// Verification is what there is to know about a digest.
type Verification struct {
	Ref      string     // repository@digest
	Evidence []Evidence // the oldest first
	Asked    []Asked    // in the order of the environments

	unsigned []string // names of VerifyOptions.Keys when none of them signed anything
}

// Asked is what a gate of an environment says of the digest.
type Asked struct {
	Environment string
	promote.Verdict
}

// Verify reads all evidence about a digest and asks the gates of environments,
// moving nothing. A refusal is a result, see [Verification.Err]. A gate that could
// not be asked is in the error, beside the verdicts of the others. Without a
// project, or where it has no service in the repository, no gate is asked.
func (p *Pipeline) Verify(ctx context.Context, opts VerifyOptions) (v Verification, err error) {
	environments := p.Project.Environments
	if opts.Env != "" {
		env, err := p.Project.Environment(opts.Env)
		if err != nil {
			return v, err
		}
		environments = []project.Environment{env}
	}
	services, err := p.verified(ctx, opts.Ref, &v)
	if err != nil {
		return v, err
	}
	if opts.Env != "" && len(services) == 0 {
		return v, fault.New(fault.Usage, "leave --env out to see the evidence alone", "no service of the project is in the repository of %s", v.Ref)
	}
	keys := append(bundle.Keys{}, opts.Keys...)
	for _, env := range p.Project.Environments {
		keys = append(keys, env.SignedBy...)
	}
	all, err := p.everything(ctx, v.Ref, keys)
	if err != nil {
		return v, err
	}
	v.Evidence = listed(all)
	if !slices.ContainsFunc(all, func(a attestation) bool { return a.signedWith(opts.Keys) }) {
		v.unsigned = keyNames(opts.Keys)
	}
	var errs *multierror.Error
	for _, s := range services {
		for _, env := range environments {
			asked, err := p.ask(ctx, env, s, v.Ref)
			v.Asked = append(v.Asked, asked...)
			errs = multierror.Append(errs, err)
		}
	}
	return v, many.Errors(errs)
}

// Err is nil when no gate refused and something is signed with VerifyOptions.Keys,
// if there are any. Otherwise it is a fault on the policy's side.
func (v Verification) Err() error {
	var lines []string
	remedy := ""
	for _, a := range v.Asked {
		if !a.Allowed {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", a.Environment, a.Gate, a.Reason))
			if remedy == "" {
				remedy = a.Remedy
			}
		}
	}
	if len(lines) == 0 && len(v.unsigned) > 0 {
		return fault.New(fault.Policy, "retort push --key FILE, where it was built", "nothing about %s is signed by %s", v.Ref, strings.Join(v.unsigned, " or "))
	}
	if len(lines) == 0 {
		return nil
	}
	return fault.New(fault.Policy, remedy, "%s would be refused: %s", v.Ref, strings.Join(lines, "; "))
}

// verified finds the digest of a reference or service, and the services of the
// project that it may be of. The registry is asked in any case: where it has no
// such digest there is no evidence either, and that would look like a pass.
func (p *Pipeline) verified(ctx context.Context, ref string, v *Verification) ([]project.Service, error) {
	if !strings.ContainsAny(ref, "@/:") { // no service's name has one of them
		s, err := p.Project.Service(ref)
		if err != nil {
			return nil, err
		}
		at, err := p.apart(ctx)
		if err != nil {
			return nil, err
		}
		l, err := p.inRegistryAt(ctx, s, at)
		if err == nil && l.digest == "" {
			err = fault.New(fault.Usage, "retort push "+s.Name, "%s was built here but not pushed yet", s.Name)
		}
		if err == nil {
			v.Ref, err = p.existing(ctx, l.digest, "retort push "+s.Name)
		}
		return []project.Service{s}, err
	}
	err := p.checkRefs([]string{ref})
	if err == nil {
		v.Ref, err = p.existing(ctx, ref, "name a tag or digest that the registry has")
	}
	if err != nil {
		return nil, err
	}
	repository, _, _ := cutDigest(v.Ref)
	return p.servicesIn(repository), nil
}

// existing is repository@digest of what the registry has under ref; hint is for
// where it has nothing. Of repository:tag@digest the digest counts, as it does for
// docker.
func (p *Pipeline) existing(ctx context.Context, ref, hint string) (string, error) {
	repository, digest, ok := cutDigest(ref)
	repository, _ = splitTag(repository)
	if ok {
		ref = repository + "@" + digest
	}
	desc, err := p.registry.Resolve(ctx, ref)
	if errors.Is(err, registry.ErrNotFound) {
		err = fault.Wrap(fault.Usage, err, hint)
	}
	if err != nil {
		return "", err
	}
	return repository + "@" + desc.Digest.String(), nil
}

// servicesIn are the services that are pushed or promoted to a repository.
func (p *Pipeline) servicesIn(repository string) []project.Service {
	return slices.DeleteFunc(slices.Clone(p.Project.Services), func(s project.Service) bool {
		if !s.Deployable() {
			return true
		}
		if s.Image == repository {
			return false
		}
		return !slices.ContainsFunc(p.Project.Environments, func(env project.Environment) bool {
			to, _, err := env.Target(s, p.Project.Name)
			return err == nil && to == repository
		})
	})
}

// ask asks an environment's gates about the digest of a service.
func (p *Pipeline) ask(ctx context.Context, env project.Environment, s project.Service, image string) ([]Asked, error) {
	repository, tag, err := env.Target(s, p.Project.Name)
	if err != nil {
		return nil, err
	}
	gates, err := p.gates(env)
	if err != nil {
		return nil, err
	}
	verdicts, err := promote.Ask(ctx, gates, promote.Edge{
		Service: s.Name, Environment: env.Name, From: image, Repository: repository, Tag: tag,
	})
	asked := make([]Asked, len(verdicts))
	for i, v := range verdicts {
		asked[i] = Asked{env.Name, v}
	}
	return asked, err
}
