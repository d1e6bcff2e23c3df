/// The descriptions of the fields of messages, for the protocol's page. A test checks that every field has one.
enum FieldMeanings {
  static let texts: [String: String] = introduction.merging(attempts) { $1 }.merging(contents) { $1 }
    .merging(demand) { $1 }.merging(trainings) { $1 }

  private static let introduction = [
    "Hello.build": "version of the worker's program, for logs",
    "Hello.dataHashes": "data sets that the worker has, name → content hash; may be empty; read for version 1 only",
    "Hello.finished": "finished attempts of `study` whose results are not acknowledged; the results follow the welcome",
    "Hello.host": "name of the worker's machine, for people",
    "Hello.kernelVariant": "what the worker computes with; its results contain the same text",
    "Hello.kernelVariants":
      "all variants that the worker can compute with, including `kernelVariant`, if a study asks for one of several; "
      + "of several with the same kernels, a study that asks for these gets the last",
    "Hello.newestProtocol": "newest version that the worker speaks, not below `oldestProtocol`",
    "Hello.oldestProtocol": "oldest version that the worker speaks",
    "Hello.processID": "the worker's process, for people",
    "Hello.running": "attempts of `study` that the worker is training now; no more than `slots`",
    "Hello.slots": "number of jobs that the worker takes at the same time",
    "Hello.study":
      "the study of the last welcome, to which `running` and `finished` belong; left out before the first welcome",
    "Hello.worker": "the worker's name: unique, new at each start, the same across reconnections",
    "Welcome.data": "the data set of the study",
    "Welcome.heartbeatSeconds": "interval of the worker's heartbeats, and of the coordinator's",
    "Welcome.leaseSeconds": "an attempt without a message for this long is given to another worker",
    "Welcome.protocolVersion": "the version that both use from now on: the newest that both know",
    "Welcome.study": "identity of the study, to be repeated in results",
    "Welcome.studyName": "name of the study, for people",
    "DataRequirement.bytes": "for `arrays` only: length in bytes; the length of the other sets is known",
    "DataRequirement.contentHash":
      "SHA-256 of the set's content in lower-case hexadecimal digits; for a generated set, its name and version",
    "DataRequirement.pathHint":
      "the folder (for `arrays`, the file) of the set on the coordinator's machine: a guess, for machines that share "
      + "disks",
    "DataRequirement.set": "the data set",
    "Refusal.reason": "one line for the worker's user",
    "CoordinatorHeartbeat.study": "identity of the study; if it is not that of the welcome, say hello again",
    "Drain.reason":
      "`studyFinished`: end running jobs, wait for acknowledgements, say bye; `coordinatorStopping`: the same, but "
      + "finish jobs that are about to end",
    "Bench.reason": "one line for the worker's user",
    "Bench.seconds": "time during which no jobs come",
    "Ready.freeSlots": "number of jobs that may be sent; replaces earlier numbers",
    "WorkerHeartbeat.freeSlots": "as in `ready`",
    "WorkerHeartbeat.running":
      "all attempts that the worker has: in training, or finished and not acknowledged; renews their leases",
    "Bye.reason": "one line for the log",
  ]

  private static let attempts = [
    "AttemptReference.attempt": "number of the attempt at the job, from 1",
    "AttemptReference.job": "number of the job in its study",
    "JobAssignment.reference": "the attempt",
    "JobAssignment.weights": "with message 85: the trained network that the work starts from, a content to be fetched",
    "JobAssignment.work": "canonical text of the work: [below](#the-text-of-a-work)",
    "AttemptProgress.epoch": "the current epoch, from 1; 0 before the first",
    "AttemptProgress.loss": "mean training loss of the epoch so far; left out if it is not finite",
    "AttemptProgress.memoryBytes": "resident memory of the training process; 0 if it is not known",
    "AttemptProgress.reference": "the attempt",
    "AttemptProgress.step": "steps done, over all epochs; an attempt makes progress if this rises",
    "AttemptProgress.steps": "steps of the whole training",
    "AttemptReport.failure": "with `failed` only: details of the failure",
    "AttemptReport.outcome": "how it ended",
    "AttemptReport.reference": "the attempt",
    "AttemptReport.study": "identity of the study to which the attempt belongs",
    "AttemptFailure.cause":
      "`refused` if the worker cannot do this work, `process ended` for a crash, `memory limit`, `time limit` and "
      + "`hung` if the worker ended it",
    "AttemptFailure.exitCode": "exit code of the process, if it ended with one",
    "AttemptFailure.isOutOfMemorySuspected": "whether another process killed it while memory was short",
    "AttemptFailure.lastLines": "the last lines of its output, for people",
    "AttemptFailure.peakMemoryBytes": "the most memory that it used",
    "AttemptFailure.seconds": "from the job's start to its end",
    "AttemptFailure.signal": "the signal that ended the process, if one did",
    "Observation.accuracy":
      "fraction of the validation images that are classified correctly; required except in final trainings",
    "Observation.artifacts": "contents that the work produced, by name",
    "Observation.curves":
      "numbers by epoch: `epoch_accuracies` and `epoch_validation_losses` if the work asks for a curve",
    "Observation.diverged": "whether the training diverged: see foreign-workers.md",
    "Observation.epochLosses": "mean training loss of each epoch",
    "Observation.imagesPerSecond": "training images per second; required",
    "Observation.inferenceTimeRatio": "inference time divided by the dense network's; if it was measured",
    "Observation.kernelVariant": "what the result was computed with: the same text as in the hello",
    "Observation.loss": "mean cross-entropy of the validation images; left out if the training diverged",
    "Observation.metrics": "further numbers by name: `test_accuracy` and `test_loss` of a final training",
    "Observation.peakMemoryBytes": "the most resident memory of the training process; required",
    "Observation.stepTimeRatio": "time of a training step divided by the dense network's; if it was measured",
    "Observation.trainSeconds": "seconds in the training loop, without evaluation; required",
    "Artifact.bytes": "length in bytes",
    "Artifact.hash": "hash of the content",
  ]

  private static let contents = [
    "ContentDescription.bytes": "length in bytes",
    "ContentDescription.contentHash": "SHA-256 of all its bytes",
    "ContentDescription.kind": "kind of the content",
    "ContentReference.contentHash": "SHA-256 of the content",
    "ContentRequest.contentHash": "SHA-256 of the content",
    "ContentRequest.length": "number of bytes requested; 0 only returns tickets",
    "ContentRequest.offset": "offset of the first byte in the content",
    "ContentRequest.returned": "tickets of received pieces, each returned once",
    "ContentRefusal.contentHash": "SHA-256 of the content",
    "ContentRefusal.reason": "one line for the other side's user",
    "ContentRefusal.subject": "what is refused",
  ]

  private static let demand = [
    "Demand.comingJobs": "jobs that are expected later, as far as that is known",
    "Demand.idleWorkers": "some of the workers that have nothing to do",
    "Demand.isDone": "whether the study is over",
    "Demand.isPaused": "whether the study is paused: no job is handed out",
    "Demand.jobSeconds":
      "seconds that a job takes, the median of the latest; before the first result, as far as running jobs show it",
    "Demand.runningJobs": "running jobs",
    "Demand.slotBytes": "approximate memory of a training",
    "Demand.slots": "slots of all workers",
    "Demand.soonJobs": "of the later jobs, those that will run at the same time",
    "Demand.study": "identity of the study",
    "Demand.studyName": "its name",
    "Demand.waitingJobs": "jobs that would start at once if there were slots",
    "Demand.workers": "connected workers",
  ]

  /// The fields of message 67, which is only sent to workers of versions 1 and 2.
  private static let trainings = [
    "TrainingAssignment.candidate": "canonical text of the candidate",
    "TrainingAssignment.measuresTime": "whether it is the candidate's first repetition",
    "TrainingAssignment.recipe": "as in the text of a work",
    "TrainingAssignment.reference": "the attempt",
    "TrainingAssignment.seed": "as in the text of a work",
    "TrainingRecipe.augment": "`proxy.augment`",
    "TrainingRecipe.batch": "`proxy.batch`",
    "TrainingRecipe.data": "the images",
    "TrainingRecipe.epochs": "`proxy.epochs`",
    "TrainingRecipe.learningRate": "`proxy.learning_rate`",
    "TrainingRecipe.model": "`model`",
    "TrainingRecipe.momentum": "`proxy.momentum`",
    "TrainingRecipe.nesterov": "`proxy.nesterov`",
    "TrainingRecipe.schedule": "`proxy.schedule`",
    "TrainingRecipe.variant": "`space.variant`",
    "TrainingRecipe.weightDecay": "`proxy.weight_decay`",
    "DataSelection.set": "`data.set`",
    "DataSelection.splitSeed": "`data.split_seed`",
    "DataSelection.trainImages": "`data.train_images`",
    "DataSelection.validationImages": "`data.validation_images`",
  ]
}
