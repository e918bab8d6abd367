// SPDX-License-Identifier: Apache-2.0

// franz-go against a live node: idempotent produce with every codec, direct and group consumption, commits.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const perCodec = 1000

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(os.Getenv("FLOE_BOOTSTRAP")))...)
	must(err)
	return c
}

func createTopic(ctx context.Context, c *kgo.Client, name string, partitions int32) {
	request := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, c)
	must(err)
	must(kerr.ErrorForCode(response.Topics[0].ErrorCode))
}

// poll reads until it has seen `want` records or nothing came for a while.
func poll(ctx context.Context, c *kgo.Client, want int) map[string]bool {
	seen := map[string]bool{}
	for len(seen) < want {
		bounded, cancel := context.WithTimeout(ctx, 15*time.Second)
		fetches := c.PollFetches(bounded)
		cancel()
		if fetches.Empty() && bounded.Err() != nil {
			break
		}
		fetches.EachError(func(topic string, partition int32, err error) {
			if bounded.Err() == nil {
				log.Fatalf("%s/%d: %v", topic, partition, err)
			}
		})
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Key)] = true })
	}
	return seen
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	setup := client()
	createTopic(ctx, setup, "fg", 4)
	setup.Close()
	for name, codec := range codecs {
		producer := client(kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic("fg"))
		for i := 0; i < perCodec; i++ {
			key := fmt.Sprintf("%s-%d", name, i)
			producer.Produce(ctx, kgo.KeySliceRecord([]byte(key), []byte(key+" value value value value")), func(_ *kgo.Record, err error) { must(err) })
		}
		must(producer.Flush(ctx))
		producer.Close()
	}
	total := perCodec * len(codecs)
	direct := client(kgo.ConsumeTopics("fg"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen := poll(ctx, direct, total)
	direct.Close()
	fmt.Println("direct", len(seen), "of", total)
	group := client(kgo.ConsumerGroup("fg-group"), kgo.ConsumeTopics("fg"), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	grouped := poll(ctx, group, total)
	must(group.CommitUncommittedOffsets(ctx))
	committed := int64(0)
	for _, partitions := range group.CommittedOffsets() {
		for _, offset := range partitions {
			committed += offset.Offset
		}
	}
	group.Close()
	fmt.Println("group", len(grouped), "committed", committed)
	if len(seen) != total || len(grouped) != total || committed != int64(total) {
		log.Fatal("records are missing")
	}
	fmt.Println("done")
}
