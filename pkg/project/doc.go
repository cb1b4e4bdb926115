// Package project reads what a team already has, a Compose file or a lone
// Dockerfile, into the shape that the steps take.
//
// The Compose file is loaded by compose-go, Compose's own library, so that
// interpolation, .env, merging of several files, include, extends and profiles
// work as in `docker compose`. Every profile is loaded, since suites usually
// sit in one. On top come the x-retort sections:
//
//	services:
//	  orders:
//	    build: .
//	    image: ${REGISTRY:-127.0.0.1:5000}/shop/orders
//	    x-retort: { structure: checks.yaml }  # makes a suite, orders-structure
//	  orders-unit:
//	    build: { context: ., target: test }
//	    x-retort:
//	      verifies: [orders]            # required: this is what makes a suite
//	      reports: ["/reports/*.xml"]   # JUnit files in the container; stdout:gotest
//	      reports-required: true        # without a report it fails
//	      timeout: 2m                   # DefaultTimeout when absent
//	      retries: 1                    # up to 10, after a failure
//	      shards: 4                     # up to 100 parts, side by side
//	      split: "tests/**/*_test.py"   # the files they share out
//	      cache: false                  # run it whatever evidence there is
//	      max-age: 24h                  # evidence that is older is of no account
//	x-retort:
//	  environments:
//	    staging: {}
//	    production:
//	      after: staging                # a digest must be there first
//	      repository: "127.0.0.1:5000/prod/{{.Service}}"
//	      tag: live                     # the environment's name when absent
//	      requires: [orders-unit]       # every suite of the service when absent
//	      signed-by: keys/release.pub   # PEM files, or PEM; evidence under none of them does not count
//	      soak: 30m                     # how long it must have been in after
//	      branches: [main]              # patterns of what it was built from,
//	      tags: ["v*"]                  # of which one must fit
//	      freeze: [Fri 16:00 - Mon 08:00 Europe/Berlin]
//	      exec: { command: ./ticket, timeout: 30s }   # or a list, or a text
//	      override: true                # a reason may overrule what refuses
//	      write:                        # files that name the digests
//	      - kustomization: deploy/kustomization.yaml
//	      - { yaml: values.yaml, digest: "{{.Service}}.digest", services: [orders] }
//	    preview: { from-pull-requests: true }   # else their builds promote nothing
//	  tags: ["{{.Branch}}-{{.BuildNumber}}"]    # besides git-<commit>, instead of the usual ones
//
// What is wrong with a file is told with its place, FILE:LINE:COLUMN, and where
// a name is wrong with the nearest right one. What Compose knows and retort
// does not do is never dropped silently: it ends up in [Project.Warnings].
//
// This package is the only one that imports compose-go.
package project
