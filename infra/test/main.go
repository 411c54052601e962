// Command test runs every check of the project: `go run ./infra/test`.
//
// It first looks for what the tests need beside Go and says loudly what is missing. With CI=true something missing is
// an error; otherwise the tests that need it are left out, and the last line says so. `go run ./infra/test -install`
// installs the servers that the AWS adapters are tested against, and runs nothing; other arguments go to go test.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"convoc/infra/browser"
	"convoc/infra/referee"
)

func main() {
	if slices.Contains(os.Args[1:], "-install") {
		if err := referee.InstallAll(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	missing := lacking()
	for _, m := range missing {
		fmt.Fprintln(os.Stderr, "MISSING:", m)
	}
	if len(missing) > 0 && os.Getenv("CI") == "true" {
		fmt.Fprintln(os.Stderr, "with CI=true, what is missing is an error")
		os.Exit(1)
	}
	if err := goTest(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "go test:", err)
		os.Exit(1)
	}
	for _, m := range missing {
		fmt.Fprintln(os.Stderr, "PASSED WITHOUT:", m)
	}
}

// lacking lists what the tests need and this machine has not.
func lacking() []error {
	missing := referee.Missing()
	if _, err := browser.Find(); err != nil {
		missing = append(missing, err)
	}
	if _, err := referee.FindClamd(); err != nil {
		missing = append(missing, err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing = append(missing, errors.New("no Node.js (the deployment's tests run CDK in it): apt-get install nodejs"))
	}
	return missing
}

// goTest runs all tests; args are passed on (-race, -run…).
func goTest(args []string) error {
	cmd := exec.Command("go", append(append([]string{"test"}, args...), "./...")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
