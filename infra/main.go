// Command infra is the CDK app: cdk.json names its binary, `npx aws-cdk@2.1148.1 synth` runs it. `go run ./infra/build`
// makes that binary and all that it deploys.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"convoc/infra/stack"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	config, err := stack.Read(func(name string) any { return app.Node().TryGetContext(new(name)) })
	if err != nil {
		fmt.Fprintf(os.Stderr, "the context (cdk.json, or -c name=value):\n%v\n", err)
		os.Exit(1)
	}
	stack.New(app, config)
	app.Synth(nil)
}
