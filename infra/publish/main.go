// Command publish puts in place what CloudFormation does not: the static pages and the error pages of the files' host.
// The stack prints the whole command (its output « Publish »). Run it after each deployment: CloudFront answers for the
// pages that the deployment knows, and asks the bucket about each one again, so that nothing has to be invalidated.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct{ region, bucket, origin string }

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("publish", flag.ContinueOnError)
	flags.StringVar(&o.region, "region", "", "region of the installation")
	flags.StringVar(&o.bucket, "bucket", "", "bucket of the pages")
	flags.StringVar(&o.origin, "origin", "", "public origin of the pages: https://convoc.exemple.fr")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.region == "" || o.bucket == "" || o.origin == "" || flags.NArg() > 0 {
		return o, errors.New("-region, -bucket and -origin are needed; the stack prints the whole command")
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(o.region))
	if err != nil {
		return err
	}
	objects, err := content(o.origin)
	if err != nil {
		return err
	}
	put, deleted, err := publish(ctx, s3.NewFromConfig(cfg), o.bucket, objects)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d pages published, %d removed\n", put, deleted)
	return nil
}
