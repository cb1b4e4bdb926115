package ci

// travis reads what travis-build's builtin variables say. Many are set to
// nothing. TRAVIS_PULL_REQUEST is a number or "false", TRAVIS_BRANCH is the
// target of a pull request and the name of a tag.
func travis() table {
	return table{
		system: Travis,
		marks:  []when{{"TRAVIS", "true"}},
		events: []rule[Event]{
			{when{"TRAVIS_EVENT_TYPE", "pull_request"}, PullRequest},
			{when{"TRAVIS_EVENT_TYPE", "cron"}, Cron},
			{when{"TRAVIS_TAG", ""}, Tag},
			{when{"TRAVIS_EVENT_TYPE", "push"}, Push},
		},
		forks: []rule[bool]{
			{when{"TRAVIS_PULL_REQUEST_SLUG", "$TRAVIS_REPO_SLUG"}, false},
		},
		secrets: []rule[bool]{
			{when{"TRAVIS_SECURE_ENV_VARS", "true"}, true},
			{when{"TRAVIS_SECURE_ENV_VARS", "false"}, false},
		},
		branch:      env("TRAVIS_BRANCH"),
		tag:         env("TRAVIS_TAG"),
		commit:      env("TRAVIS_COMMIT"),
		pullRequest: env("TRAVIS_PULL_REQUEST"),
		head:        env("TRAVIS_PULL_REQUEST_BRANCH"),
		base:        env("TRAVIS_BRANCH"),
		buildID:     env("TRAVIS_BUILD_ID"),
		buildNumber: env("TRAVIS_BUILD_NUMBER"),
		job:         env("TRAVIS_JOB_NAME", "TRAVIS_JOB_NUMBER"),
		slug:        env("TRAVIS_REPO_SLUG"),
		url:         []string{"${TRAVIS_BUILD_WEB_URL}"},
	}
}
