package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// publish puts the objects into the bucket in their order, then removes what is no longer one of them.
func publish(ctx context.Context, client *s3.Client, bucket string, objects []object) (put, deleted int, err error) {
	var keys []string
	for _, o := range objects {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &bucket, Key: &o.key, Body: bytes.NewReader(o.body), ContentType: &o.kind, CacheControl: new("no-cache"),
		})
		if err != nil {
			return put, 0, fmt.Errorf("putting %s: %w", o.key, err)
		}
		put++
		keys = append(keys, o.key)
	}
	deleted, err = removeOthers(ctx, client, bucket, keys)
	return put, deleted, err
}

func removeOthers(ctx context.Context, client *s3.Client, bucket string, keys []string) (deleted int, err error) {
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		found, err := pages.NextPage(ctx)
		if err != nil {
			return deleted, fmt.Errorf("listing the bucket: %w", err)
		}
		for _, o := range found.Contents {
			if slices.Contains(keys, *o.Key) {
				continue
			}
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: o.Key}); err != nil {
				return deleted, fmt.Errorf("removing %s: %w", *o.Key, err)
			}
			deleted++
		}
	}
	return deleted, nil
}
