package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/scaffold"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write x-retort and the CI's file for this repository",
		Description: `Looks at the Dockerfiles and the compose file, and writes what is missing:
compose.yaml, or x-retort into the one that is there, every line of which stays;
and a Jenkinsfile, .travis.yml, GitHub workflow or .gitlab-ci.yml. A Dockerfile's
stage named test becomes a suite. Prints the files that it wrote.

   retort init --dry-run            # as a diff that git apply takes
   retort init --ci jenkins --ci travis

Without --ci it takes the systems that the repository has files of, or the one of
its remote. A file that is there is left as it is, unless --force.

Exit codes: 0 written, or nothing to do; 2 nothing to build, or a file cannot be
read, added to or written.`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "ci", Usage: "write the file of `SYSTEM`: jenkins, travis, github, gitlab, or none", EnvVars: []string{"RETORT_CI"}},
			&cli.BoolFlag{Name: "force", Usage: "write over the CI's file that is there", EnvVars: []string{"RETORT_FORCE"}},
			dryRunFlag(),
		},
		Action: action(runInit),
	}
}

func runInit(ctx context.Context, s *session) error {
	if err := noArgs(s.cli); err != nil {
		return err
	}
	systems, err := systemsOf(s.cli.StringSlice("ci"))
	if err != nil {
		return err
	}
	plan, err := scaffold.New(ctx, scaffold.Options{
		Dir: s.cli.String("C"), Files: s.cli.StringSlice("f"), CI: systems, Force: s.cli.Bool("force"),
	})
	if err != nil {
		return err
	}
	dryRun := s.cli.Bool("dry-run")
	if !dryRun {
		if err := plan.Write(); err != nil {
			return err
		}
	}
	for _, text := range initNotes(plan) {
		s.ui.Emit(progress.Event{Kind: progress.Note, Stage: "init", Text: text})
	}
	return s.result(initDoc(plan, dryRun), func(w *strings.Builder) {
		for _, f := range plan.Files {
			switch {
			case dryRun:
				w.Write(f.Diff())
			case f.Writes():
				fmt.Fprintln(w, f.Path)
			}
		}
	})
}

// systemsOf reads --ci. Nil is no choice, and none an empty one.
func systemsOf(names []string) ([]ci.System, error) {
	if len(names) == 0 {
		return nil, nil
	}
	systems := []ci.System{}
	for _, name := range names {
		system := ci.System(strings.ToLower(name))
		switch {
		case system == "none":
		case !slices.Contains(scaffold.Systems(), system):
			return nil, fault.New(fault.Usage, "--ci jenkins, travis, github, gitlab or none", "unknown CI system %q", name)
		default:
			systems = append(systems, system)
		}
	}
	return systems, nil
}

// initNotes end with what to do next.
func initNotes(plan *scaffold.Plan) []string {
	if !slices.ContainsFunc(plan.Files, scaffold.File.Writes) {
		return append(plan.Notes, "nothing to do")
	}
	return append(plan.Notes, "retort run is the whole pipeline, here and now")
}

type fileDoc struct {
	Path   string `json:"path"`
	Action string `json:"action"`
	Diff   string `json:"diff,omitempty"`
}

func initDoc(plan *scaffold.Plan, dryRun bool) any {
	files := make([]fileDoc, len(plan.Files))
	for i, f := range plan.Files {
		files[i] = fileDoc{Path: f.Path, Action: string(f.Action)}
		if dryRun {
			files[i].Diff = string(f.Diff())
		}
	}
	return map[string]any{"files": files, "notes": append([]string{}, plan.Notes...)}
}
