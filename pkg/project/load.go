package project

import (
	"context"
	"fmt"
	"os"
)

// Options say where a project is. The zero value is the working directory and
// this process's environment.
type Options struct {
	// Dir is the directory to look in, "." when empty.
	Dir string
	// Files are compose files to merge in this order, relative to Dir; the
	// project's directory is that of the first. When empty, Dir is searched
	// for the names Compose knows, and their override files.
	Files []string
	// Env holds NAME=value pairs for interpolation. A .env file beside the
	// first compose file adds to it. Nil means os.Environ().
	Env []string
	// Name is the project's name instead of COMPOSE_PROJECT_NAME, the file's
	// `name:` or the directory's name, in this order.
	Name string
}

// Load reads the project. Whatever is wrong with its files is a fault on
// [fault.Usage], one line per finding, each beginning with FILE:LINE:COLUMN, or
// with FILE where compose-go does not tell more.
func Load(ctx context.Context, opts Options) (*Project, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("load project: %w", err)
	}
	dir, err := directory(opts.Dir)
	if err != nil {
		return nil, err
	}
	if opts.Env == nil {
		opts.Env = os.Environ()
	}
	files, notes, err := findFiles(dir, opts.Files)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return loadDockerfile(dir, opts.Name)
	}
	p, err := loadFiles(ctx, dir, files, opts)
	if err != nil {
		return nil, err
	}
	p.Warnings = append(notes, p.Warnings...)
	return p, nil
}

// loadFiles goes the way of a compose file: its text, compose-go's model of
// it, our shape of that, and the checks.
func loadFiles(ctx context.Context, dir string, files []string, opts Options) (*Project, error) {
	src, err := readSources(dir, files)
	if err != nil {
		return nil, err
	}
	env, err := projectEnv(src.dir, opts.Env)
	if err != nil {
		return nil, err
	}
	m, err := loadModel(ctx, src, env, opts.Name)
	if err != nil {
		return nil, err
	}
	p := convert(m)
	p.env = env
	checker{project: p, report: m.report, unset: m.unset}.check()
	if err := m.err(); err != nil {
		return nil, err
	}
	p.tidy()
	m.warnUnset()
	m.warnUnhonoured()
	p.Warnings = m.warnings.lines()
	return p, nil
}
