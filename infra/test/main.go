// Command test runs every check of the project: `go run ./infra/test`.
//
// It first looks for what the tests need beside Go and says loudly what is missing. With CI=true something missing is
// an error; otherwise the tests that need it are left out, and the last line says so.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"convoc/infra/browser"
)

func main() {
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
	if len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "PASSED WITHOUT:", strings.Join(missing, "; "))
	}
}

// lacking lists what the tests need and this machine has not.
func lacking() []string {
	if _, err := browser.Find(); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// goTest runs all tests; args are passed on (-race, -run…).
func goTest(args []string) error {
	cmd := exec.Command("go", append(append([]string{"test"}, args...), "./...")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
