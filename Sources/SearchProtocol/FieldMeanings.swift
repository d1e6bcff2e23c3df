/// The descriptions of the fields of messages, for the protocol's page. A test checks that every field has one.
enum FieldMeanings {
  static let texts: [String: String] = introduction.merging(attempts) { $1 }.merging(contents) { $1 }
    .merging(demand) { $1 }.merging(trainings) { $1 }

  private static let introduction = [
    "Hello.build": "version of the worker's program, for logs",
    "Hello.dataHashes": "data sets that it has, name → content hash; may be empty, and is looked at for version 1 only",
    "Hello.finished":
      "attempts of `study` that are done and whose results are not acknowledged; results follow the welcome",
    "Hello.host": "name of its machine, for people",
    "Hello.kernelVariant": "what it computes with; its results say the same text",
    "Hello.kernelVariants":
      "all that it can compute with, where a study asks for one of several; `kernelVariant` among them",
    "Hello.newestProtocol": "newest version that it speaks, not below `oldestProtocol`",
    "Hello.oldestProtocol": "oldest version that it speaks",
    "Hello.processID": "its process, for people",
    "Hello.running": "attempts of `study` that it trains right now; no more than `slots`",
    "Hello.slots": "how many jobs it takes at the same time",
    "Hello.study": "the study of its last welcome, which `running` and `finished` belong to; left out before the first",
    "Hello.worker": "its own name: unique, made anew at each start, the same through reconnects",
    "Welcome.data": "the data set of the study",
    "Welcome.heartbeatSeconds": "say a heartbeat so often; the coordinator does, too",
    "Welcome.leaseSeconds": "an attempt that nothing was heard of for so long is given to another worker",
    "Welcome.protocolVersion": "the version that both speak from now on: the newest that both know",
    "Welcome.study": "identity of the study, to be repeated in results",
    "Welcome.studyName": "its name, for people",
    "DataRequirement.bytes": "of `arrays` only: its length; that of the others is known",
    "DataRequirement.contentHash":
      "SHA-256 of the set's content in lower-case hexadecimal digits; of a set that is drawn, its name and version",
    "DataRequirement.pathHint":
      "the folder, of `arrays` the file, where the coordinator's machine has it: a guess, for machines that share "
      + "disks",
    "DataRequirement.set": "the set",
    "Refusal.reason": "one line for the worker's user",
    "CoordinatorHeartbeat.study": "identity of the study; another than that of the welcome: say hello again",
    "Drain.reason":
      "`studyFinished`: end what runs, wait for acknowledgements, say bye; `coordinatorStopping`: the same, but finish "
      + "what is about to end",
    "Bench.reason": "one line for the worker's user",
    "Bench.seconds": "for how long no jobs come",
    "Ready.freeSlots": "as many jobs may be sent; replaces what was said before",
    "WorkerHeartbeat.freeSlots": "as in `ready`",
    "WorkerHeartbeat.running":
      "all attempts that it holds: trained right now, or done and not acknowledged; renews their leases",
    "Bye.reason": "one line for the log",
  ]

  private static let attempts = [
    "AttemptReference.attempt": "the how many-th attempt at the job",
    "AttemptReference.job": "number of the job in its study",
    "JobAssignment.reference": "the attempt",
    "JobAssignment.weights": "with message 85: the trained network that the work starts from, a content to be fetched",
    "JobAssignment.work": "canonical text of the work: [below](#the-text-of-a-work)",
    "AttemptProgress.epoch": "the epoch under way, from 1; 0 before the first",
    "AttemptProgress.loss": "mean training loss of the epoch so far; left out where it is not finite",
    "AttemptProgress.memoryBytes": "resident memory of what trains; 0 where it is not known",
    "AttemptProgress.reference": "the attempt",
    "AttemptProgress.step": "steps done, of all epochs; progress counts where this rises",
    "AttemptProgress.steps": "steps of the whole training",
    "AttemptReport.failure": "with `failed` only: the account of it",
    "AttemptReport.outcome": "how it ended",
    "AttemptReport.reference": "the attempt",
    "AttemptReport.study": "identity of the study that it belongs to",
    "AttemptFailure.cause":
      "`refused` where the worker cannot do this work, `process ended` for a crash, `memory limit`, `time limit` and "
      + "`hung` where the worker ended it",
    "AttemptFailure.exitCode": "of the process, where it ended with one",
    "AttemptFailure.isOutOfMemorySuspected": "somebody else killed it, and memory was short",
    "AttemptFailure.lastLines": "the last lines that it wrote, for people",
    "AttemptFailure.peakMemoryBytes": "most memory that it took",
    "AttemptFailure.seconds": "from the job's start to its end",
    "AttemptFailure.signal": "what ended the process, where a signal did",
    "Observation.accuracy": "fraction of the validation images classified rightly; needed but in final trainings",
    "Observation.artifacts": "contents that the work left, by name",
    "Observation.curves":
      "numbers by epoch: `epoch_accuracies` and `epoch_validation_losses` where the work asks for a curve",
    "Observation.diverged": "the training found nothing: see foreign-workers.md",
    "Observation.epochLosses": "mean training loss of each epoch",
    "Observation.imagesPerSecond": "training images a second; needed",
    "Observation.inferenceTimeRatio": "time of inference over the dense network's; where it was measured",
    "Observation.kernelVariant": "what it was computed with: to the letter as in the hello",
    "Observation.loss": "mean cross-entropy of the validation images; left out where it diverged",
    "Observation.metrics": "further numbers by name: `test_accuracy` and `test_loss` of a final training",
    "Observation.peakMemoryBytes": "most resident memory of what trained; needed",
    "Observation.stepTimeRatio": "time of a training step over the dense network's; where it was measured",
    "Observation.trainSeconds": "seconds in the training loop, without evaluation; needed",
    "Artifact.bytes": "its length",
    "Artifact.hash": "its content hash",
  ]

  private static let contents = [
    "ContentDescription.bytes": "its length",
    "ContentDescription.contentHash": "SHA-256 of all its bytes",
    "ContentDescription.kind": "what it is",
    "ContentReference.contentHash": "SHA-256 of the content",
    "ContentRequest.contentHash": "SHA-256 of the content",
    "ContentRequest.length": "bytes that are wanted; 0 only returns tickets",
    "ContentRequest.offset": "where they begin in the content",
    "ContentRequest.returned": "tickets of pieces that have come, each to be said once",
    "ContentRefusal.contentHash": "SHA-256 of the content",
    "ContentRefusal.reason": "one line for the other side's user",
    "ContentRefusal.subject": "what is refused",
  ]

  private static let demand = [
    "Demand.comingJobs": "jobs that are to come, as far as that is known",
    "Demand.idleWorkers": "some workers that have nothing to do",
    "Demand.isDone": "the study is over",
    "Demand.isPaused": "no job is handed out",
    "Demand.jobSeconds": "what a job takes, the median of the latest; before the first, as far as those that run tell",
    "Demand.runningJobs": "jobs under way",
    "Demand.slotBytes": "about what a training takes in memory",
    "Demand.slots": "of all workers",
    "Demand.soonJobs": "of the jobs to come, those that will be under way together",
    "Demand.study": "identity of the study",
    "Demand.studyName": "its name",
    "Demand.waitingJobs": "jobs that would begin at once, were there slots",
    "Demand.workers": "workers that are connected",
  ]

  /// The fields of message 67, which is only sent to workers of versions 1 and 2.
  private static let trainings = [
    "TrainingAssignment.candidate": "canonical text of the candidate",
    "TrainingAssignment.measuresTime": "it is the candidate's first repetition",
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
