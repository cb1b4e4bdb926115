package ci

// gitlab reads GitLab's predefined variables. CI_COMMIT_BRANCH is missing in
// the pipelines of tags and of merge requests.
func gitlab() table {
	return table{
		system: GitLab,
		marks:  []when{{"GITLAB_CI", "true"}},
		events: []rule[Event]{
			{when{"CI_PIPELINE_SOURCE", "merge_request_event"}, PullRequest},
			{when{"CI_PIPELINE_SOURCE", "external_pull_request_event"}, PullRequest},
			{when{"CI_MERGE_REQUEST_IID", ""}, PullRequest}, // a child pipeline of one
			{when{"CI_PIPELINE_SOURCE", "schedule"}, Cron},
			{when{"CI_COMMIT_TAG", ""}, Tag},
			{when{"CI_PIPELINE_SOURCE", "push"}, Push},
		},
		forks: []rule[bool]{
			{when{"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "$CI_MERGE_REQUEST_PROJECT_PATH"}, false},
			{when{"CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "$CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"}, false},
		},
		branch:      env("CI_COMMIT_BRANCH"),
		tag:         env("CI_COMMIT_TAG"),
		commit:      env("CI_COMMIT_SHA"),
		pullRequest: env("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID"),
		head:        env("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"),
		base:        env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
		buildID:     env("CI_PIPELINE_ID"),
		buildNumber: env("CI_PIPELINE_IID"),
		job:         env("CI_JOB_NAME"),
		actor:       env("GITLAB_USER_LOGIN"), // of a manual job: who started that
		slug:        env("CI_PROJECT_PATH"),
		url:         []string{"${CI_PIPELINE_URL}"},
	}
}
