package main

// shape is a repository as teams have them. $PROJECT is its name, and every
// directory with a Dockerfile gets a probe and the unique file.
type shape struct {
	files  map[string]string
	force  bool     // it has files of CI systems, to be written over
	images []string // repositories of what is deployed, below the registry
	suites int
}

// shapes are those on which init is shown.
func shapes() map[string]shape {
	const (
		image  = "FROM scratch AS run\nCOPY probe unique /\n"
		tested = image + "FROM run AS test\nCMD [\"/probe\", \"echo\", \"tested\"]\n"
	)
	return map[string]shape{
		"lone Dockerfile": {
			files:  map[string]string{"Dockerfile": "FROM scratch\nCOPY probe unique /\n"},
			images: []string{"$PROJECT"},
		},
		"stage of tests": {
			files:  map[string]string{"Dockerfile": tested},
			images: []string{"$PROJECT"}, suites: 1,
		},
		"compose": {
			files: map[string]string{
				"compose.yaml": "name: $PROJECT\n\nservices:\n  # Takes orders.\n  orders:\n    build: ./orders\n    command: [/probe, serve, \":8080\"]\n" +
					"  billing: { build: { context: billing, target: run }, command: [/probe, serve, \":8080\"] }\n" +
					"  e2e:\n    build: { context: billing, target: run }\n    command: [/probe, echo, both]\n    depends_on: [orders, billing]\n",
				"orders/Dockerfile": image, "billing/Dockerfile": tested,
			},
			images: []string{"$PROJECT/orders", "$PROJECT/billing"}, suites: 2,
		},
		"CI by hand": {
			files: map[string]string{
				"docker-compose.yml": "name: $PROJECT\nservices:\n  app:\n    build: .\n",
				"Dockerfile":         tested,
				"Jenkinsfile":        "node { sh 'docker build -t app . && docker push app' }\n",
				".travis.yml":        "script: docker build -t app . && docker push app\n",
			},
			force:  true,
			images: []string{"$PROJECT/app"}, suites: 1,
		},
		"monorepo": {
			files: map[string]string{
				"services/orders/Dockerfile": tested, "services/billing/Dockerfile": image,
				"web/Dockerfile": "FROM scratch\nCOPY web/probe web/unique /\n",
			},
			images: []string{"$PROJECT/orders", "$PROJECT/billing", "$PROJECT/web"}, suites: 1,
		},
	}
}
