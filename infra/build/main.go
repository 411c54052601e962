// Command build makes what the deployment on AWS takes: `go run ./infra/build`, at the root of the project.
//
//	bin/functions/<name>/bootstrap   each function of the wiring table, for Lambda's arm64
//	bin/functions/<name>/*.pem       the authorities that it trusts
//	bin/infra                        the CDK app, for this machine
//
// The same sources give the same bytes on any machine, so that only what has changed is deployed again: no paths of
// this machine, no stamp of the commit. The tag lambda.norpc leaves out the old way of being called, and net/rpc with it.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"convoc/infra/stack/roots"
	"convoc/infra/wiring"
)

func main() {
	if err := build("bin"); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func build(bin string) error {
	if _, err := os.Stat("go.mod"); errors.Is(err, fs.ErrNotExist) {
		return errors.New("this is not the root of the project: there is no go.mod here")
	}
	if err := functions(filepath.Join(bin, "functions")); err != nil {
		return err
	}
	return run(nil, "build", "-o", filepath.Join(bin, "infra"), "./infra")
}

// functions builds all functions at once, so that what they share is compiled once.
func functions(dir string) error {
	built := filepath.Join(dir, "built")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(built, 0o755)); err != nil {
		return err
	}
	args := []string{
		"build", "-o", built + string(filepath.Separator), "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w",
	}
	for _, f := range wiring.Functions {
		args = append(args, "./functions/"+f.Name)
	}
	if err := run([]string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"}, args...); err != nil {
		return err
	}
	for _, f := range wiring.Functions {
		if err := assemble(filepath.Join(dir, f.Name), filepath.Join(built, f.Name)); err != nil {
			return err
		}
	}
	return os.Remove(built)
}

// assemble makes a function's directory.
func assemble(dir, binary string) error {
	return errors.Join(
		os.MkdirAll(dir, 0o755),
		os.Rename(binary, filepath.Join(dir, "bootstrap")),
		os.WriteFile(filepath.Join(dir, roots.Name), roots.PEM, 0o644),
	)
}

// run runs the go command.
func run(env []string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
