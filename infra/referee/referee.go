// Package referee installs, finds and starts the servers that the conformance suites of the AWS adapters are held
// against: implementations that we did not write, each a process of its own.
//
// They are installed in one directory, by `go run ./infra/test -install`: CONVOC_REFEREES, or « convoc/referees » in the
// user's cache. A test asks for one with [Start]. Where it is missing the test is left out and says so; with CI=true it
// fails.
package referee

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Referee is one server, pinned to one version.
type Referee struct {
	Name    string
	Does    string     // what is held against it
	Program string     // its executable, below the directory of the referees
	Install [][]string // commands that install it; {DIR} stands for that directory
	Needs   string     // what must be on the machine to install it
	Args    []string   // to start it; {PORT} stands for a free port of 127.0.0.1, {TEMP} for where it is started
	Dirs    []string   // directories that it wants where it is started
}

// All are the referees.
var All = []Referee{
	{
		Name: "dynoxide", Does: "DynamoDB, transactions and old items included",
		Program: "bin/dynoxide", Needs: "cargo",
		Install: [][]string{{
			"cargo", "install", "--quiet", "--locked", "--root", "{DIR}", "--version", "3.2.0", "dynoxide-rs",
			"--no-default-features", "--features", "native-sqlite,http-server,cli",
		}},
		Args: []string{"serve", "--port", "{PORT}", "--log", "quiet"},
	},
	{
		Name: "dynalite", Does: "DynamoDB, everything but transactions and the old item of a failed condition",
		Program: "node_modules/.bin/dynalite", Needs: "npm",
		Install: [][]string{{"npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", "{DIR}", "dynalite@4.0.0"}},
		Args:    []string{"--port", "{PORT}", "--createTableMs", "0"},
	},
	{
		Name: "moto", Does: "SQS, SES",
		Program: "python/bin/moto_server", Needs: "python3",
		Install: [][]string{
			{"python3", "-m", "venv", "{DIR}/python"},
			{"{DIR}/python/bin/pip", "install", "--quiet", "--disable-pip-version-check", "moto[server]==5.2.1", "cfn-lint==1.51.0"},
		},
		Args: []string{"--host", "127.0.0.1", "--port", "{PORT}"},
	},
	{
		Name: "versitygw", Does: "S3, signatures and policies included; key id « test », secret « test-secret »",
		Program: "bin/versitygw", Needs: "go",
		Install: [][]string{{"env", "GOBIN={DIR}/bin", "go", "install", "github.com/versity/versitygw/cmd/versitygw@v1.8.0"}},
		Args: []string{
			"--port", "127.0.0.1:{PORT}", "--access", "test", "--secret", "test-secret", "--region", "eu-west-3", "--quiet",
			"--iam-dir", "{TEMP}/iam", "posix", "--sidecar", "{TEMP}/meta", "{TEMP}/data",
		},
		Dirs: []string{"meta", "data", "iam"},
	},
}

// Dir is where the referees are installed.
func Dir() (string, error) {
	if dir := os.Getenv("CONVOC_REFEREES"); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "convoc", "referees"), err
}

// Named finds a referee. It panics when there is none: a bug of ours.
func Named(name string) Referee {
	i := slices.IndexFunc(All, func(r Referee) bool { return r.Name == name })
	if i < 0 {
		panic("referee: no " + name)
	}
	return All[i]
}

// Path is the executable. Errors: it is missing, with what to do.
func (r Referee) Path() (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, r.Program)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no %s (%s): `go run ./infra/test -install` installs it", r.Name, r.Does)
	}
	return path, nil
}

// Missing lists the referees that are not installed.
func Missing() []error {
	var missing []error
	for _, r := range All {
		if _, err := r.Path(); err != nil {
			missing = append(missing, err)
		}
	}
	return missing
}

// InstallAll installs those that are missing, and goes on after one that cannot be.
func InstallAll() error {
	var failed []error
	for _, r := range All {
		if _, err := r.Path(); err == nil {
			continue
		}
		if err := r.install(); err != nil {
			failed = append(failed, fmt.Errorf("installing %s (needs %s): %w", r.Name, r.Needs, err))
		}
	}
	return errors.Join(failed...)
}

func (r Referee) install() error {
	dir, err := Dir()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, command := range r.Install {
		words := fill(command, "{DIR}", dir)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	return nil
}
